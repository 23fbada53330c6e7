//! Jobs of a vm: listed, read, changed. Called by front ends through `Vm::farm`.

use super::line::{Line, unwanted};
use crate::{Error, HostId, Vm};
use posse_farm::ask::{Ask, Said, TaskRow};
use posse_farm::holder::{Request, Summary};
use posse_farm::letter::Output;
use posse_farm::{JobId, TaskId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The task farm of a vm; cheap to clone. Everything waits for its answer, and goes on over a
/// connection made anew where the daemon was started again meanwhile. What the daemon refuses is
/// [`Error::NotDone`], with its reason.
#[derive(Clone)]
pub struct Farm {
    pub(super) line: Arc<Line>,
}

/// The tasks of a job with their parameters and results.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// In the order of submission.
    pub tasks: Vec<TaskRow>,
    /// Names of hosts that are in the vm.
    pub hosts: BTreeMap<HostId, String>,
}

impl Vm {
    /// The task farm of this vm.
    pub fn farm(&self) -> Farm {
        Farm { line: Arc::new(Line::new(self.link(), self.way().clone())) }
    }
}

impl Farm {
    /// All jobs that are kept, over or not, in the order of submission.
    pub fn jobs(&self) -> Result<Vec<(JobId, Summary)>, Error> {
        match self.line.ask(&Ask::Jobs)? {
            Said::Jobs(jobs) => Ok(jobs),
            other => Err(unwanted(other)),
        }
    }

    /// All tasks of a job; results of those that are over.
    pub fn rows(&self, job: JobId) -> Result<Table, Error> {
        let mut table = Table { tasks: Vec::new(), hosts: BTreeMap::new() };
        let mut from = 0;
        loop {
            match self.line.ask(&Ask::Rows { job, from })? {
                Said::Rows(rows) => {
                    table.hosts.extend(rows.hosts);
                    table.tasks.extend(rows.tasks);
                    match rows.next {
                        Some(next) => from = next,
                        None => return Ok(table),
                    }
                }
                other => return Err(unwanted(other)),
            }
        }
    }

    /// What tasks printed, in the order in which they ended; `take` gets each. Of a task that was
    /// tried several times the last counts.
    pub fn outputs(&self, job: JobId, take: impl FnMut(Output)) -> Result<(), Error> {
        self.outputs_from(job, 0, take).map(drop)
    }

    /// The same from a place on that an earlier call has returned (0: all); returns where this
    /// one ended, from where what comes later can be read.
    pub fn outputs_from(
        &self,
        job: JobId,
        mut from: u64,
        mut take: impl FnMut(Output),
    ) -> Result<u64, Error> {
        loop {
            match self.line.ask(&Ask::Output { job, from })? {
                Said::Output { outputs, next, more } => {
                    outputs.into_iter().for_each(&mut take);
                    from = next;
                    if !more {
                        return Ok(from);
                    }
                }
                other => return Err(unwanted(other)),
            }
        }
    }

    /// Bytes of inputs and outputs of tasks that were moved since the owner's daemon began: to
    /// hosts that are linked to it, and home.
    pub fn moved(&self) -> Result<(u64, u64), Error> {
        match self.line.ask(&Ask::Moved)? {
            Said::Moved { to_hosts, home } => Ok((to_hosts, home)),
            other => Err(unwanted(other)),
        }
    }

    /// Why a task is where it is, in a sentence.
    pub fn why(&self, task: TaskId) -> Result<String, Error> {
        match self.line.ask(&Ask::Why(task))? {
            Said::Why(why) => Ok(why),
            other => Err(unwanted(other)),
        }
    }

    /// Ends all tasks of a job that are not over, or these (numbers from 0).
    pub fn kill(&self, job: JobId, tasks: Option<Vec<u32>>) -> Result<(), Error> {
        self.change(Request::Kill { job, tasks }).map(drop)
    }

    /// Tasks that failed, or whose hosts were lost, run again, and those that were skipped for
    /// them.
    pub fn retry(&self, job: JobId, failed: bool, lost: bool) -> Result<(), Error> {
        self.change(Request::Retry { job, failed, lost }).map(drop)
    }

    /// Nothing more of a job is started while it is paused; what runs, runs on.
    pub fn pause(&self, job: JobId, paused: bool) -> Result<(), Error> {
        self.change(Request::Pause { job, paused }).map(drop)
    }

    /// Forgets a job that is over, with its results.
    pub fn forget(&self, job: JobId) -> Result<(), Error> {
        self.change(Request::Drop(job)).map(drop)
    }

    /// Returns, once it is on disk, how many tasks the job has.
    pub(super) fn change(&self, request: Request) -> Result<u32, Error> {
        match self.line.ask(&Ask::Change(Box::new(request)))? {
            Said::Done { tasks } => Ok(tasks),
            other => Err(unwanted(other)),
        }
    }
}
