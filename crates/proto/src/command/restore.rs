//! Detached commands over the death of their origin's daemon: the head that it writes before the
//! command starts, and how the next life of the daemon takes them up from that and from what was
//! kept. What their hosts have to say comes when those are reached again.

use super::{Below, Command, Consumed, Kept, Up, Way};
use crate::Daemon;
use posse_wire::msg::{CommandState, Exit, Spawn, Spec, Status};
use posse_wire::{CommandId, Fd, Outcome, Rank, WireError};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// What is kept of a detached command before anything of it is.
#[derive(Serialize, Deserialize, Debug)]
pub(crate) struct Head {
    pub number: u32,
    pub spawn: Spawn,
}

/// What was kept of a detached command, as its frames say.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// How far each output came, and whether that was its end.
    pub arrived: Vec<(Rank, Fd, u64, bool)>,
    pub exits: Vec<Exit>,
}

impl Daemon {
    /// Takes up a detached command of an earlier life of this daemon.
    pub fn restore_command(
        &mut self,
        id: CommandId,
        head: &[u8],
        progress: &Progress,
    ) -> Result<(), WireError> {
        let Head { number, spawn } = posse_wire::decode_value(head)?;
        let spec = Spec::decode(&spawn.spec)?;
        let mut command = Command::new(Up::Keep, spawn.size, Rc::new(spec), self.now);
        command.number = number;
        self.commands.numbered = self.commands.numbered.max(number);
        let started = Way::Cut { started: true };
        command.below = spawn.targets.iter().map(|target| Below::new(target, started)).collect();
        command.below.sort_by_key(|below| below.first);
        for (rank, fd, offset, closed) in &progress.arrived {
            let (offset, closed) = (*offset, *closed);
            command.arrived.insert((*rank, *fd), Consumed { offset, closed });
            command.consumed.insert((*rank, *fd), Consumed { offset, closed: false });
        }
        for exit in &progress.exits {
            command.code = command.code.max(exit.status.code());
            for rank in exit.rank.0..exit.rank.0.saturating_add(exit.count) {
                command.is_over(Rank(rank));
            }
        }
        command.count_left();
        if command.left == 0 {
            let mut entry = command.entry(id, self.now);
            entry.state = CommandState::Over { code: command.code };
            self.commands.kept.push_back(Kept { entry });
            return Ok(());
        }
        // What ran here ended with the daemon that had started it.
        let own = self.config.host;
        let here = command.below.iter().filter(|below| below.host == own);
        let lost: Vec<(Rank, u32)> = here.flat_map(Below::left).collect();
        self.commands.running.insert(id, command);
        for (rank, count) in lost {
            let why = "the daemon of this host died".to_owned();
            let status = Status::Lost { why, outcome: Outcome::Unknown };
            self.over(id, Exit { rank, count, status, elapsed_us: 0 });
        }
        Ok(())
    }
}

impl Command {
    fn is_over(&mut self, rank: Rank) {
        if let Some(below) = self.below_of(rank) {
            let at = (rank.0 - below.first.0) as usize;
            below.over[at] = true;
        }
    }
}
