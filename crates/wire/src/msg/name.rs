//! The registry of names, as a front end speaks of it with its daemon. A name belongs to a process
//! of one life of a host, and is released with it.

use crate::message::at_most;
use crate::{CommandId, HostId, Incarnation, Kind, Message, Outcome, Rank, WireError, limits};
use serde::{Deserialize, Serialize};

/// One thing asked of the registry; each is answered by [`Named`] under the same id.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// A number, please, by which retried changes are recognised.
    Open,
    /// Give a name to a process, or to this front end. `client` and `seq` are those of a first
    /// try: the same again is answered as that was.
    Register {
        client: u64,
        seq: u64,
        name: String,
        value: Vec<u8>,
        /// None: the front end itself, as long as its link is there.
        process: Option<(CommandId, Rank)>,
        /// Only if the name is in this version; none: if nobody or the same process has it.
        version: Option<u64>,
    },
    /// Take a name away from whoever has it, in this version if one is given.
    Unregister {
        client: u64,
        seq: u64,
        name: String,
        version: Option<u64>,
    },
    LookUp {
        name: String,
    },
    /// Those that begin so, behind this one.
    List {
        prefix: String,
        behind: Option<String>,
    },
    /// Answered when the name is there, or when so much time has passed.
    Wait {
        name: String,
        within_ms: u64,
    },
    /// Told of each change of names that begin so, until `Stop`.
    Watch {
        prefix: String,
    },
    /// No more of the wait or watch of this id.
    Stop,
}

/// The process that has a name.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameHolder {
    pub host: HostId,
    /// The life of its host.
    pub incarnation: Incarnation,
    pub command: CommandId,
    /// [`Rank::ALL`] where a front end holds the name itself.
    pub rank: Rank,
}

/// A name as it is.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct NameEntry {
    pub name: String,
    pub value: Vec<u8>,
    pub holder: NameHolder,
    /// Never the same twice, for any name.
    pub version: u64,
}

/// The registry's answer.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Opened {
        client: u64,
    },
    Registered {
        version: u64,
    },
    Unregistered,
    /// Also the end of a wait: none where its time has passed.
    Found(Option<NameEntry>),
    Listed {
        names: Vec<NameEntry>,
        more: bool,
    },
    /// From here on every change is told.
    Watching,
    /// It is so now; none: it is released.
    Changed {
        name: String,
        entry: Option<NameEntry>,
    },
    /// Changes may have been missed: who watches lists again.
    Missed,
    /// Somebody else has it, or it is in another version.
    Taken {
        holder: NameHolder,
        version: u64,
    },
    NoName,
    /// The client was silent while very many others came: it opens again. Whether an earlier try
    /// of this change was done is not known; this one was not.
    Forgotten,
    /// Why not, and what is known of it.
    Refused {
        why: String,
        outcome: Outcome,
    },
}

fn name_fits(name: &str) -> Result<(), WireError> {
    at_most(Kind::Names, name.len(), limits::NAME_BYTES_MAX)
}

impl Message for Names {
    const KIND: Kind = Kind::Names;

    fn check(&self) -> Result<(), WireError> {
        match self {
            Names::Open | Names::Stop => Ok(()),
            Names::Register { name, value, .. } => {
                at_most(Kind::Names, value.len(), limits::NAME_VALUE_BYTES_MAX)?;
                name_fits(name)
            }
            Names::Unregister { name, .. } | Names::LookUp { name } => name_fits(name),
            Names::Wait { name, .. } | Names::Watch { prefix: name } => name_fits(name),
            Names::List { prefix, behind } => {
                name_fits(behind.as_deref().unwrap_or_default())?;
                name_fits(prefix)
            }
        }
    }
}

impl Message for Named {
    const KIND: Kind = Kind::Named;
}
