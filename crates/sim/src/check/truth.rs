//! What really happened, as only the world knows it: the other checks compare with this.

use posse_wire::msg::Status;
use posse_wire::{CommandId, Fd, Rank};
use std::collections::BTreeMap;

/// A command as its front end asked for it.
#[derive(Debug, Default)]
pub struct CommandTruth {
    pub input_window: u64,
    /// All its stdin, once the front end has said that it ends there.
    pub stdin_total: Option<u64>,
    pub ranks: BTreeMap<Rank, ProcessTruth>,
}

/// A process that was started.
#[derive(Debug, Default)]
pub struct ProcessTruth {
    pub host: usize,
    pub written: BTreeMap<Fd, u64>,
    pub status: Option<Status>,
    pub forgotten: bool,
    /// Its host's daemon died first.
    pub host_died: bool,
}

#[derive(Debug, Default)]
pub struct Truth {
    pub commands: BTreeMap<CommandId, CommandTruth>,
}

impl Truth {
    pub fn process(&mut self, command: CommandId, rank: Rank) -> Option<&mut ProcessTruth> {
        self.commands.get_mut(&command)?.ranks.get_mut(&rank)
    }
}
