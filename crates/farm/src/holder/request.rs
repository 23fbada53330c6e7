//! What people ask of a holder, and what they hear.

use crate::policy::{BadTerms, Terms};
use crate::{BadBatch, Batch, JobId, JobSpec};
use posse_wire::HostId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// All can be asked again after a lost answer: the second time changes nothing.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum Request {
    /// A job under a number that was not used before (`Holder::next_job`).
    Open { job: JobId, spec: Box<JobSpec> },
    /// Tasks for it, until it is sealed. `first`: how many it has so far.
    Add { job: JobId, first: u32, batch: Box<Batch> },
    /// No more tasks come: when all are over, so is the job.
    Seal(JobId),
    /// All of its tasks that are not over, or these.
    Kill { job: JobId, tasks: Option<Vec<u32>> },
    /// Those that failed, or were lost, run again; and those that were skipped for them.
    Retry { job: JobId, failed: bool, lost: bool },
    /// Nothing more is started of it; what runs, runs on.
    Pause { job: JobId, paused: bool },
    /// Forget a job that is over, and its results.
    Drop(JobId),
    /// Nothing more is started on a host; what waits there goes elsewhere, and what can save
    /// itself. With `now`, everything that runs there does.
    Drain { host: HostId, draining: bool, now: bool },
    /// On what terms the vm has the host of this name, whether or not it is there yet.
    Terms { host: String, terms: Box<Terms> },
    /// A sealed job takes tasks again, until it is sealed again.
    Reopen(JobId),
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum Answer {
    /// How many tasks the job has.
    Done {
        tasks: u32,
    },
    Refused(Refused),
}

/// Nothing was changed.
#[derive(Serialize, Deserialize, Error, Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    #[error("no job {0}")]
    NoJob(JobId),
    #[error("job {0} is another one")]
    Taken(JobId),
    #[error("a job named {name} is not over: job {job}")]
    Name { name: String, job: JobId },
    #[error("job {0} takes no more tasks")]
    Sealed(JobId),
    #[error("job {job} has {tasks} tasks")]
    Gap { job: JobId, tasks: u32 },
    #[error("job {0} is not over")]
    NotOver(JobId),
    #[error("no task {task} in job {job}")]
    NoTask { job: JobId, task: u64 },
    #[error("no host of that number takes tasks")]
    NoHost,
    #[error("{0} jobs are kept, drop some that are over")]
    Jobs(usize),
    #[error("tasks with {0} distinct needs are kept, which is the most")]
    Needs(usize),
    #[error("the journal can not be written: nothing is taken")]
    Disk,
    #[error(transparent)]
    Bad(#[from] BadBatch),
    #[error(transparent)]
    Terms(#[from] BadTerms),
    #[error("terms of {0} hosts are kept, which is the most")]
    TermsOf(usize),
    #[error("the name of a host is longer than {} bytes", crate::limits::NAME_BYTES_MAX)]
    HostName,
}
