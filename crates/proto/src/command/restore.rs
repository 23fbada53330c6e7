//! Detached commands over the death of their origin's daemon: the head that it writes before the
//! command starts, and how the next life of the daemon takes them up from that and from what was
//! kept. What their hosts have to say comes when those are reached again.

use super::{Below, Command, Consumed, Up, Way};
use crate::Daemon;
use posse_wire::msg::{Exit, Origin, Spawn, Spec, Status};
use posse_wire::{CommandId, Fd, Outcome, Rank, WireError, limits};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// What is kept of a detached command before anything of it is.
#[derive(Serialize, Deserialize, Debug)]
pub(crate) struct Head {
    pub number: u32,
    pub spawn: Spawn,
    /// Taken over from another origin: its targets are those that hosts have told of.
    pub adopted: bool,
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
        let Head { number, spawn, adopted } = posse_wire::decode_value(head)?;
        let spec = Spec::decode(&spawn.spec)?;
        let mut command = Command::new(Up::Keep, spawn.size, Rc::new(spec), self.now);
        command.number = number;
        self.commands.numbered = self.commands.numbered.max(number);
        let started = Way::Cut { started: true };
        let anew = self.anew();
        let below = |target| Below { anew, ..Below::new(target, started) };
        command.below = spawn.targets.iter().map(below).collect();
        command.below.sort_by_key(|below| below.first);
        let own = self.config.host;
        command.origin = spawn.origin;
        if adopted {
            let known: u32 = spawn.targets.iter().map(|target| target.count).sum();
            command.unknown = spawn.size.saturating_sub(known);
        } else {
            let here = spawn.targets.iter().copied().filter(|target| target.host == own);
            command.origin = Origin { number, targets: here.collect() };
        }
        for (rank, fd, offset, closed) in &progress.arrived {
            let (offset, closed) = (*offset, *closed);
            command.arrived.insert((*rank, *fd), Consumed { offset, closed });
            command.consumed.insert((*rank, *fd), Consumed { offset, closed: false });
        }
        for exit in &progress.exits {
            command.code = command.code.max(exit.status.code());
            if !command.covers(exit.rank) {
                command.unknown = command.unknown.saturating_sub(exit.count);
                continue;
            }
            for rank in exit.rank.0..exit.rank.0.saturating_add(exit.count) {
                command.is_over(Rank(rank));
            }
        }
        command.count_left();
        if command.left == 0 {
            self.keep_over(id, &command);
            return Ok(());
        }
        if command.unknown > 0 {
            self.commands.due.insert((self.now + limits::OFFERS_WITHIN, id, Rank::ALL));
        }
        self.commands.running.insert(id, command);
        self.lost_here(id);
        Ok(())
    }

    /// What this life of the daemon asks with for everything anew.
    pub(super) fn anew(&self) -> u32 {
        (self.config.boot ^ self.config.boot >> 32) as u32 | 1
    }

    /// What ran here ended with the daemon that had started it.
    pub(super) fn lost_here(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.get(&id) else { return };
        let own = self.config.host;
        let here = command.below.iter().filter(|below| below.host == own);
        let lost: Vec<(Rank, u32)> = here.flat_map(Below::left).collect();
        for (rank, count) in lost {
            let why = "the daemon of this host died".to_owned();
            let status = Status::Lost { why, outcome: Outcome::Unknown };
            self.over(id, Exit { rank, count, status, elapsed_us: 0 });
        }
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
