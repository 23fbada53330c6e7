//! Waiting for jobs, and following them.

use super::Farm;
use super::line::{Asked, unwanted};
use crate::Error;
use posse_farm::JobId;
use posse_farm::ask::{Ask, Said};
use posse_farm::holder::Summary;
use posse_farm::letter::Part;
use std::time::Instant;

/// A job's numbers as they change; over a connection made anew where the first is lost.
pub struct Following {
    farm: Farm,
    ask: Ask,
    asked: Option<Asked>,
    over: bool,
}

/// What is heard of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    Changed(Summary),
    /// A task that runs printed this. Some may be missing, or come twice: `at` says where it
    /// belongs. All of it is in the output of the attempt when that is over.
    Part(Part),
}

impl Farm {
    /// Follows a job from how it is now to its end.
    pub fn follow(&self, job: JobId) -> Following {
        Following { farm: self.clone(), ask: Ask::Follow(job), asked: None, over: false }
    }

    /// The same, with what tasks print while they run.
    pub fn look(&self, job: JobId) -> Following {
        Following { farm: self.clone(), ask: Ask::Look(job), asked: None, over: false }
    }

    /// Waits until all tasks of a sealed job are over and their results on disk;
    /// [`Error::Deadline`] where they are not by then.
    pub fn wait(&self, job: JobId, deadline: Option<Instant>) -> Result<Summary, Error> {
        let mut following = self.follow(job);
        let mut last = None;
        while let Some(summary) = following.next_change(deadline)? {
            last = Some(summary);
        }
        // It ends with a summary that says so.
        last.ok_or(Error::Deadline)
    }
}

impl Following {
    /// The job's numbers when they have changed; none behind those that say that it is over.
    pub fn next_change(&mut self, deadline: Option<Instant>) -> Result<Option<Summary>, Error> {
        loop {
            match self.next_news(deadline)? {
                Some(News::Changed(summary)) => return Ok(Some(summary)),
                Some(News::Part(_)) => {}
                None => return Ok(None),
            }
        }
    }

    /// As [`Following::next_change`], and what tasks print where that was asked for.
    pub fn next_news(&mut self, deadline: Option<Instant>) -> Result<Option<News>, Error> {
        if self.over {
            return Ok(None);
        }
        loop {
            let asked = match &mut self.asked {
                Some(asked) => asked,
                None => {
                    let line = &self.farm.line;
                    self.asked.insert(line.tried(|| line.begin(&self.ask))?)
                }
            };
            match asked.next(deadline) {
                Ok(Said::Progress(summary)) => {
                    self.over = summary.over;
                    return Ok(Some(News::Changed(summary)));
                }
                Ok(Said::Part(part)) => return Ok(Some(News::Part(part))),
                Ok(other) => return Err(unwanted(other)),
                Err(Error::Disconnected { .. }) if self.farm.line.can_again() => self.asked = None,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(asked) = self.asked.as_ref().filter(|_| !self.over) {
            asked.stop();
        }
    }
}
