//! The list of commands that a daemon originated: what `posse ps`, `out` and `attach` choose from.

use crate::message::at_most;
use crate::{CommandId, Kind, Message, WireError, limits};
use serde::{Deserialize, Serialize};

/// Asked by a client with an empty list, answered with the full one.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Commands {
    pub commands: Vec<CommandEntry>,
}

/// One command.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct CommandEntry {
    pub id: CommandId,
    /// What people type: `posse out 12`. Counts the commands of this daemon from 1.
    pub number: u32,
    pub title: String,
    pub detached: bool,
    pub size: u32,
    pub elapsed_us: u64,
    pub state: CommandState,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum CommandState {
    /// This many processes are not over yet.
    Running { left: u32 },
    /// All are over; the largest status.
    Over { code: u8 },
}

impl Message for Commands {
    const KIND: Kind = Kind::Commands;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Commands, self.commands.len(), limits::COMMANDS_LISTED_MAX)
    }
}
