//! Groups of processes, and contexts, as a process speaks of them with the daemon that leads. That
//! daemon has them in memory alone, and each process tells it again what it holds when another
//! daemon leads. Rules are those of PVM's groups (pvm_joingroup(3PVM) and the pages beside it),
//! but for deaths in a barrier.

use crate::message::at_most;
use crate::{Kind, Message, ProcessId, WireError, limits};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One thing asked in the name of a process; answered by [`Grouped`] under the same id, a wait
/// when it is over.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub by: ProcessId,
    pub ask: GroupAsk,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum GroupAsk {
    /// The lowest free instance number of a group, which begins with its first member.
    Join {
        name: String,
    },
    /// It is a member, and was told so by a daemon that may have been another. It keeps its number
    /// unless somebody has that by now.
    Rejoin {
        name: String,
        instance: u32,
        /// See [`Grouped::Joined`], as last heard.
        round: u64,
        is_frozen: bool,
    },
    Leave {
        name: String,
    },
    /// The members behind this instance number.
    Members {
        name: String,
        behind: Option<u32>,
    },
    /// The groups whose names are behind this one.
    List {
        behind: Option<String>,
    },
    /// Wait until `count` members do so; none: as many as there are now.
    Barrier {
        name: String,
        count: Option<u32>,
        /// The death of any member ends the wait; otherwise somebody may join in its place.
        strict: bool,
        /// It waited already, over a connection that is lost.
        again: Option<Heard>,
    },
    /// Wait until `size` members do so, then let nobody join any more; none: as many as there are
    /// now.
    Freeze {
        name: String,
        size: Option<u32>,
        again: Option<Heard>,
    },
    /// No more of this process's waits in this group.
    Stop {
        name: String,
    },
    /// A number that nobody else of the vm has.
    NewContext,
    /// It has this one, from a daemon that may have been another.
    KeepContext {
        context: u32,
    },
    FreeContext {
        context: u32,
    },
}

/// What a process that waits has been told last.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// Barriers of the group that were passed.
    pub round: u64,
    /// Members of the group when the wait began.
    pub members: u32,
    /// How many are waited for.
    pub count: u32,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Grouped {
    /// It is a member under this number; so many barriers of the group have been passed.
    Joined {
        instance: u32,
        round: u64,
    },
    /// Left, stopped, freed.
    Done,
    /// The wait has begun. The other answer follows.
    Waiting(Heard),
    /// The barrier is passed, as the group's round of this number.
    Passed {
        round: u64,
    },
    /// Nobody joins the group any more.
    Frozen,
    Members {
        members: Vec<(u32, ProcessId)>,
        more: bool,
    },
    Groups {
        groups: Vec<GroupEntry>,
        more: bool,
    },
    Context {
        context: u32,
    },
    Refused(GroupError),
}

/// A group, as a list shows it.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    pub name: String,
    pub members: u32,
    pub is_frozen: bool,
}

/// Why not; nothing was done.
#[derive(Serialize, Deserialize, Error, Debug, Clone, PartialEq, Eq)]
pub enum GroupError {
    /// Also of a frozen group that a member has left.
    #[error("there is no such group")]
    NoGroup,
    #[error("it is a member already, as number {instance}")]
    AlreadyMember { instance: u32 },
    #[error("it is no member of this group")]
    NotMember,
    #[error("the group is frozen")]
    Frozen,
    #[error("the others wait for {count}")]
    Mismatch { count: u32 },
    /// None: one that had not come back when another daemon had led for a while.
    #[error("a member of the group died while others waited")]
    MemberDied { process: Option<ProcessId> },
    #[error("nobody has this context")]
    NoContext,
    /// A limit, or a process that may not be spoken for.
    #[error("{why}")]
    Other { why: String },
}

impl Message for Group {
    const KIND: Kind = Kind::Group;

    fn check(&self) -> Result<(), WireError> {
        let name = match &self.ask {
            GroupAsk::Join { name }
            | GroupAsk::Rejoin { name, .. }
            | GroupAsk::Leave { name }
            | GroupAsk::Members { name, .. }
            | GroupAsk::Barrier { name, .. }
            | GroupAsk::Freeze { name, .. }
            | GroupAsk::Stop { name } => name.len(),
            GroupAsk::List { behind } => behind.as_ref().map_or(0, String::len),
            GroupAsk::NewContext | GroupAsk::KeepContext { .. } | GroupAsk::FreeContext { .. } => 0,
        };
        at_most(Kind::Group, name, limits::NAME_BYTES_MAX)
    }
}

impl Message for Grouped {
    const KIND: Kind = Kind::Grouped;
}
