//! What front ends ask of the daemon that holds jobs, and what they are told. Carried in pieces
//! under the id of the question; made by `posse`, answered by the daemon.

use crate::holder::{Request, State, Summary};
use crate::letter::Output;
use crate::row::Row;
use crate::{JobId, TaskId};
use posse_wire::HostId;
use serde::{Deserialize, Serialize};

/// All can be asked again after a lost answer.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum Ask {
    /// A number for the next job. Another front end may be first to use it.
    Number,
    /// Answered when it is on disk.
    Change(Box<Request>),
    /// All jobs in a few numbers each.
    Jobs,
    /// Tasks of a job from this number on, as many as one answer takes.
    Rows { job: JobId, from: u32 },
    /// What tasks of a job printed, from this place in its store on.
    Output { job: JobId, from: u64 },
    /// Why a task is as it is.
    Why(TaskId),
    /// The job's numbers now, and whenever they change, until it is over.
    Follow(JobId),
    /// No more of what is followed under this id.
    Stop,
    /// Inputs of tasks that will be added to this job, by their paths at the holder's machine: what
    /// is in them now is what tasks get. Answered when that is known, and on disk.
    Files { job: JobId, paths: Vec<String> },
    /// How much of files was moved.
    Moved,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum Said {
    Number(JobId),
    /// How many tasks the job has.
    Done {
        tasks: u32,
    },
    Jobs(Vec<(JobId, Summary)>),
    Rows(Rows),
    Output {
        outputs: Vec<Output>,
        /// Where to go on, now or when there is more.
        next: u64,
        more: bool,
    },
    Why(String),
    /// Where `over`, the results are on disk, and no more comes.
    Progress(Summary),
    /// Nothing was changed.
    Refused {
        why: String,
    },
    /// The number of the job that was to be opened has another one: ask for the next.
    Taken,
    /// Bytes of files of tasks since the holder's daemon began: to hosts that are linked to it, and
    /// home.
    Moved {
        to_hosts: u64,
        home: u64,
    },
}

/// A part of a job's table.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Rows {
    /// Hosts that are named in the rows, as far as they are known.
    pub hosts: Vec<(HostId, String)>,
    pub tasks: Vec<TaskRow>,
    /// Where to go on; none where this was all.
    pub next: Option<u32>,
}

/// One task with its parameters, and its result where it is over.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct TaskRow {
    pub index: u32,
    pub state: State,
    pub parameters: Vec<(String, String)>,
    pub row: Option<Row>,
}
