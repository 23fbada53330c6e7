//! What a journal says. Replayed in order, records give the holder as it was; a snapshot is a
//! journal that begins with what all earlier records came to.

use crate::policy::Terms;
use crate::row::Row;
use crate::{Batch, Epoch, HostLife, JobId, JobSpec};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum Record {
    /// A life of the holder began.
    Epoch(Epoch),
    Open {
        job: JobId,
        spec: Box<JobSpec>,
    },
    /// Its first task has this number in the job.
    Add {
        job: JobId,
        first: u32,
        batch: Box<Batch>,
    },
    Seal(JobId),
    /// These attempts went to a host: task and attempt. Nobody waits for this one; if it is lost,
    /// tasks may run a second time.
    Handed {
        job: JobId,
        host: HostLife,
        epoch: Epoch,
        tasks: Vec<(u32, u32)>,
    },
    /// What became of attempts.
    Outcomes {
        job: JobId,
        list: Vec<Outcome>,
    },
    /// All of the job's tasks that are not over, or these.
    Kill {
        job: JobId,
        tasks: Option<Vec<u32>>,
    },
    /// Those that failed, or those that were lost, are to run again.
    Retry {
        job: JobId,
        failed: bool,
        lost: bool,
    },
    Pause {
        job: JobId,
        paused: bool,
    },
    Drop(JobId),
    /// In a snapshot: smaller numbers of jobs were used.
    Next(JobId),
    /// In a snapshot: how often tasks were tried, from number `first` on: attempts, failures,
    /// crashes.
    Tries {
        job: JobId,
        first: u32,
        tries: Vec<(u32, u16, u8)>,
    },
    /// On what terms the vm has a host.
    Terms {
        host: String,
        terms: Box<Terms>,
    },
    /// A host is to be left, or not any more.
    Drain {
        host: String,
        draining: bool,
    },
    /// A sealed job takes tasks again.
    Reopen(JobId),
}

/// What became of one attempt.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Outcome {
    pub index: u32,
    pub attempt: u32,
    pub epoch: Epoch,
    pub verdict: Verdict,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum Verdict {
    /// The task is over, with this row.
    Over(Box<Row>),
    /// The task waits to run again.
    Again(Count),
    /// Another attempt of the task goes on, or its end was taken.
    Dropped,
}

/// What an attempt that did not end its task counts as.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    Failure,
    Crash,
    Nothing,
}
