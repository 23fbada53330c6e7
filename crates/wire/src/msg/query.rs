//! A question to many hosts, answered once by each; a lost host is answered for by the daemon
//! that lost it.

use super::{Dial, Dialed, EnrolledEntry};
use crate::message::at_most;
use crate::{CommandId, HostId, Kind, Message, ProcessId, Rank, WireError, limits};
use serde::{Deserialize, Serialize};

/// Ask these hosts.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub targets: Vec<HostId>,
    pub question: Question,
}

/// What can be asked.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Nothing: the round trip is the answer.
    Ping,
    /// How busy are you?
    Load,
    /// Which processes run under the vm?
    Processes,
    /// How far is that host?
    Dial(Dial),
    /// Which processes have ids: of this command, or all?
    Enrolled { command: Option<CommandId> },
    /// Which ids have the processes of this command that live?
    Members { command: CommandId },
}

/// One host's answer.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
pub struct Reply {
    pub host: HostId,
    pub answer: Answered,
}

/// Answers.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
pub enum Answered {
    Pong,
    Load(HostLoad),
    Processes(Vec<ProcessEntry>),
    Dialed(Dialed),
    Enrolled(Vec<EnrolledEntry>),
    /// The host could not be asked.
    Lost {
        why: String,
    },
    /// In the order of ranks. No more than that of each: all of a command's processes may ask at
    /// once.
    Members(Vec<(Rank, ProcessId)>),
}

/// How busy a host is.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
pub struct HostLoad {
    /// Load averages of 1, 5 and 15 minutes.
    pub load: [f32; 3],
    /// Bytes.
    pub memory_available: u64,
    pub uptime_s: u64,
    /// Processes under the vm.
    pub processes: u32,
    /// What those that have begun just now will add to the load of 1 minute if they go on.
    pub coming: f32,
    /// Of one core, as measured: a usual one has 1000. 0: not known.
    pub speed: u32,
}

/// One process under the vm.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct ProcessEntry {
    pub command: CommandId,
    pub rank: Rank,
    pub pid: u32,
    pub elapsed_us: u64,
    pub title: String,
}

impl Message for Query {
    const KIND: Kind = Kind::Query;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Query, self.targets.len(), limits::TARGETS_MAX)
    }
}

impl Message for Reply {
    const KIND: Kind = Kind::Reply;
}
