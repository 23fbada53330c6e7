//! What a holder and the hosts say to each other about tasks. Carried by the daemon over links
//! that keep order; after a lost link the holder begins with [`Order::Attach`].

use crate::policy::{Terms, Unmet};
use crate::worker::Mode;
use crate::{BadBatch, Capacity, JobId, JobSpec, Lease, Needs, TaskId, Template, limits};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// From a holder to a host.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Say what you have of mine. First word of each link and of each life of the holder.
    Attach,
    /// What further tasks are made from. Comes before the first of them.
    Shape(Box<Shape>),
    /// Run these when there is room.
    Hand(Hand),
    /// End these: whatever comes of them does not count. Each is answered by its end or by
    /// [`Report::Returned`].
    End(Vec<Lease>),
    /// Give back those of these that have not begun.
    Recall(Vec<Lease>),
    /// The ends of these are kept by the holder, or not wanted.
    Taken(Vec<Lease>),
    /// No task of this job comes any more.
    Forget(JobId),
    /// On what terms the vm has this host.
    Terms(Box<Terms>),
    /// What waits goes back, and what can save itself is asked to; with `all`, everything that
    /// runs is ended, to run elsewhere.
    Vacate { all: bool },
}

/// What tasks of a job are made from. `number` counts them within the job.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    pub job: JobId,
    pub number: u32,
    pub spec: JobSpec,
    pub template: Template,
    pub kinds: Vec<Needs>,
}

impl Shape {
    /// What a host checks before it keeps it.
    pub fn check(&self) -> Result<(), BadBatch> {
        if self.kinds.is_empty() {
            return Err(BadBatch::Kinds);
        }
        self.spec.check()?;
        self.template.check()
    }
}

/// Tasks of one shape.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Hand {
    pub job: JobId,
    pub shape: u32,
    pub tasks: Vec<Handed>,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Handed {
    pub index: u32,
    pub attempt: u32,
    pub kind: u16,
    /// One for each column of the template.
    pub values: Vec<String>,
}

/// From a host to a holder.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum Report {
    /// All that it has of this holder, in answer to [`Order::Attach`].
    Attached { queued: Vec<Lease>, running: Vec<Lease>, ended: Vec<Ended> },
    /// About to be started: from now on it counts as executing.
    Started(Lease),
    /// Could not be started for want of descriptors, processes or memory; it waits again.
    Waits(Lease),
    /// Over. Said again at each attach until [`Order::Taken`].
    Ended(Box<Ended>),
    /// Not run, or not to its end, and for no fault of the task.
    Returned(Vec<Lease>),
    /// What the host has for tasks, and what others than this holder use of it.
    Room { capacity: Capacity, busy: Capacity },
    /// Whether it works, and if not, why (a borrowed computer's policy).
    Mode { mode: Mode, unmet: Option<Unmet> },
}

/// An attempt that is over.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    pub lease: Lease,
    pub ending: Ending,
    /// Since 1970, by the host's clock.
    pub started_ms: u64,
    pub ran: Duration,
    pub usage: Usage,
    /// What it printed as `key=value`, or what its JSON lines had, last of each key.
    pub values: Vec<(String, String)>,
}

impl Ended {
    /// What a holder checks before it keeps it.
    pub fn is_small(&self) -> bool {
        let values: usize = self.values.iter().map(|(key, value)| key.len() + value.len()).sum();
        values <= limits::VALUES_BYTES_MAX
    }
}

/// How an attempt ended.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    Exited(u8),
    Signalled(u8),
    /// Ended by us at its time limit.
    TimedOut,
    /// Ended for the memory it took.
    OutOfMemory,
    /// It could not be started, whoever tries: no such program, no such directory.
    NotStarted(String),
    /// An input could not be brought, or an output was not there.
    Files(String),
    /// It saved itself on request and goes on elsewhere.
    Checkpointed,
}

impl Ending {
    pub fn is_success(&self) -> bool {
        *self == Ending::Exited(0)
    }

    pub fn status(&self) -> Option<u8> {
        match self {
            Ending::Exited(status) => Some(*status),
            _ => None,
        }
    }
}

/// As getrusage(2) has it of a process and its descendants.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    pub user: Duration,
    pub system: Duration,
    /// Bytes.
    pub memory_peak: u64,
}

impl Handed {
    pub fn task(&self, job: JobId) -> TaskId {
        TaskId { job, index: self.index }
    }
}
