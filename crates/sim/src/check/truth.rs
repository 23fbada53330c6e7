//! What really happened, as only the world knows it: the other checks compare with this.

use posse_wire::msg::Status;
use posse_wire::{CommandId, Fd, Incarnation, Rank};
use std::collections::BTreeMap;

/// A command as its front end asked for it.
#[derive(Debug, Default)]
pub struct CommandTruth {
    pub input_window: u64,
    /// Its hosts keep it this long when they lose the way to its front end.
    pub grace_ms: u64,
    pub end_grace_ms: u32,
    /// All its stdin, once the front end has said that it ends there.
    pub stdin_total: Option<u64>,
    pub ranks: BTreeMap<Rank, ProcessTruth>,
}

/// A process that was started.
#[derive(Debug, Default)]
pub struct ProcessTruth {
    pub host: usize,
    /// Which daemon of its host started it.
    pub life: u32,
    /// Of its host, when it was started.
    pub incarnation: Incarnation,
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
    pub fn known(&self, command: CommandId, rank: Rank) -> Option<&ProcessTruth> {
        self.commands.get(&command)?.ranks.get(&rank)
    }

    pub fn process(&mut self, command: CommandId, rank: Rank) -> Option<&mut ProcessTruth> {
        self.commands.get_mut(&command)?.ranks.get_mut(&rank)
    }
}
