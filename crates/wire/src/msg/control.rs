//! Short messages about a command or a link.

use super::WindowSize;
use crate::message::at_most;
use crate::{CommandId, HostId, Kind, Message, Rank, WireError, limits};
use serde::{Deserialize, Serialize};

/// Link-level: nothing else to say. `sent_us` is the sender's own clock; a peer answers a
/// heartbeat that asks with one that echoes it, which measures the round trip.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heartbeat {
    pub sent_us: u64,
    pub echo_us: u64,
}

/// End everything of the vm on this host and below, then exit.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Down {
    /// Remove the binary cache as well.
    pub purge: bool,
}

/// Deliver a signal to the process group of one process, or of all of the command.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    pub rank: Option<Rank>,
    /// As signal(7) numbers it on Linux.
    pub signal: u8,
}

/// End one process, or all of the command, with all descendants.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub rank: Option<Rank>,
    /// The polite signal that comes first.
    pub signal: u8,
}

/// The front end's terminal changed its size.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resize {
    pub size: WindowSize,
}

/// Follow a detached command: its kept output from the start, then, with `follow`, what comes.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attach {
    pub follow: bool,
}

/// Commands whose every exit has reached the front end: what hosts and relays still keep of them,
/// to be said again after a lost link, is not needed any more.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub commands: Vec<CommandId>,
}

/// A host was told which processes are still waited for: what it says of them from here on begins
/// where it was acknowledged. Relays drop what was on its way before.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    pub host: HostId,
    /// As it was asked: [`super::Spawn::anew`].
    pub anew: u32,
}

/// The leader's daemon lived through a death, and waits for these commands on this host. Attached
/// ones of its own (`origin`) that it does not know lost their front ends with its earlier life.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Current {
    pub host: HostId,
    pub origin: HostId,
    pub commands: Vec<CommandId>,
}

/// The end of a client's request.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Why it was not done, where it was not.
    pub error: Option<String>,
}

impl Message for Heartbeat {
    const KIND: Kind = Kind::Heartbeat;
}
impl Message for Down {
    const KIND: Kind = Kind::Down;
}
impl Message for Signal {
    const KIND: Kind = Kind::Signal;
}
impl Message for End {
    const KIND: Kind = Kind::End;
}
impl Message for Resize {
    const KIND: Kind = Kind::Resize;
}
impl Message for Attach {
    const KIND: Kind = Kind::Attach;
}
impl Message for Settled {
    const KIND: Kind = Kind::Settled;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Settled, self.commands.len(), limits::COMMANDS_MAX)
    }
}
impl Message for Current {
    const KIND: Kind = Kind::Current;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Current, self.commands.len(), limits::COMMANDS_MAX)
    }
}
impl Message for Resumed {
    const KIND: Kind = Kind::Resumed;
}
impl Message for Done {
    const KIND: Kind = Kind::Done;
}
