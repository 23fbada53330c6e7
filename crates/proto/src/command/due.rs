//! Deadlines of commands: time limits, the grace after a polite signal, outputs held open by what
//! cannot die, sessions whose front end's host is lost.

use super::Up;
use crate::{Daemon, Effect};
use posse_wire::{CommandId, Fd, Rank};
use std::time::Duration;

/// SIGTERM: what a time limit says first.
const TERMINATE: u8 = 15;
const HANGUP: u8 = 1;

impl Daemon {
    pub(crate) fn commands_due(&mut self) {
        while let Some((due, command, rank)) = self.commands.due.first().copied() {
            if due > self.now {
                break;
            }
            self.commands.due.pop_first();
            if rank == Rank::ALL {
                self.session_due(command);
            } else {
                self.process_due(command, rank);
            }
        }
    }

    fn session_due(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.get(&id) else { return };
        let grace = Duration::from_millis(command.spec.session_grace_ms);
        if let Up::Lost(since) = command.up
            && self.now.since(since) >= grace
        {
            self.end_everywhere(id, HANGUP);
        }
    }

    fn process_due(&mut self, command: CommandId, rank: Rank) {
        let Some(running) = self.commands.running.get_mut(&command) else { return };
        let Some(process) = running.local.get_mut(&rank) else { return };
        if process.status.is_some() {
            let open: Vec<Fd> = process
                .outputs
                .iter()
                .filter(|(_, output)| !output.ended && !output.starved())
                .map(|(fd, _)| *fd)
                .collect();
            for fd in open {
                self.out.push(Effect::CloseOutput { command, rank, fd });
                let input = crate::Input::Output {
                    command,
                    rank,
                    fd,
                    bytes: bytes::Bytes::new(),
                    end: true,
                };
                self.process_input(input);
            }
        } else if process.ending {
            self.out.push(Effect::Kill { command, rank });
        } else {
            process.timed_out = true;
            self.end_here(command, Some(rank), TERMINATE);
        }
    }
}
