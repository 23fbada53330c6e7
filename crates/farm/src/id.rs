//! What jobs, tasks and attempts are called. Used by all of the crate, and by whoever carries its
//! words between hosts.

use posse_wire::{HostId, Incarnation};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A job of a vm. Counted from 1 by its holder, never used again.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct JobId(pub u32);

/// A task: its job, and its number in it, from 0 in the order of submission.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct TaskId {
    pub job: JobId,
    pub index: u32,
}

/// Which life of a job's holder: grows with each start from its journal. A host that has heard of
/// a greater one does not listen to a smaller.
#[derive(
    Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug, Default,
)]
pub struct Epoch(pub u32);

/// Leave to run one attempt of a task. No two attempts have the same lease: the attempt's number
/// grows with each of its task, and the epoch tells two holders' apart.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct Lease {
    pub task: TaskId,
    pub epoch: Epoch,
    /// From 1.
    pub attempt: u32,
}

/// One life of a host's daemon: what ran in another life does not run any more.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct HostLife {
    pub host: HostId,
    pub incarnation: Incarnation,
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// As GNU parallel counts: the first task of job 3 is `3.1`.
impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.job, u64::from(self.index) + 1)
    }
}
