//! Deadlines of commands: time limits, the grace after a polite signal, outputs held open by what
//! cannot die, sessions whose front end's host is lost, hosts that have not been heard of a command
//! that was taken over.

use super::Up;
use crate::{Daemon, Effect, Input, Time};
use posse_wire::{CommandId, Rank, limits};
use std::time::Duration;

/// SIGTERM: what a time limit says first.
const TERMINATE: u8 = 15;

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
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        if command.up == Up::Keep {
            command.unheard = true;
            let stuck = command.is_stuck(&self.missing);
            self.out.extend(stuck.then_some(Effect::Stuck { command: id }));
            return;
        }
        let grace = Duration::from_millis(command.spec.session_grace_ms);
        let outlives = command.spec.detached && command.left > 0;
        if let Up::Lost(since) = command.up
            && self.now.since(since) >= grace
            && !outlives
        {
            self.session_over(id);
        }
    }

    fn process_due(&mut self, command: CommandId, rank: Rank) {
        let Some(running) = self.commands.running.get_mut(&command) else { return };
        let Some(process) = running.local.get_mut(&rank) else { return };
        if process.is_reaped() {
            self.left_open(command, rank);
        } else if process.ending {
            // A time limit that comes due within the grace of an end does not shorten it.
            if process.kill_due.is_some_and(|due| due <= self.now) {
                self.out.push(Effect::Kill { command, rank });
            }
        } else {
            process.timed_out = true;
            self.end_here(command, Some(rank), TERMINATE);
        }
    }

    /// Outputs of a reaped process that are still open. One that could have been read all this
    /// time and brought neither bytes nor an end is held by something that cannot die (a dead
    /// file server): given up. One that waits for credit, or still moves, is looked at again.
    fn left_open(&mut self, command: CommandId, rank: Rank) {
        let now = self.now;
        let Some(running) = self.commands.running.get_mut(&command) else { return };
        let Some(process) = running.local.get_mut(&rank) else { return };
        let mut given_up = Vec::new();
        let mut again: Option<Time> = None;
        for (fd, output) in process.outputs.iter().filter(|(_, output)| !output.ended) {
            let due = if output.starved() { now } else { output.moved } + limits::LEFT_OPEN;
            if due <= now {
                given_up.push(*fd);
            } else {
                again = Some(again.map_or(due, |other| other.min(due)));
            }
        }
        if let Some(due) = again {
            self.commands.due.insert((due, command, rank));
        }
        for fd in given_up {
            self.out.push(Effect::CloseOutput { command, rank, fd });
            let bytes = bytes::Bytes::new();
            self.process_input(Input::Output { command, rank, fd, bytes, end: true });
        }
    }
}
