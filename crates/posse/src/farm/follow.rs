//! Waiting for jobs, and following them.

use super::Farm;
use super::line::{Asked, unwanted};
use crate::Error;
use posse_farm::JobId;
use posse_farm::ask::{Ask, Said};
use posse_farm::holder::Summary;
use std::time::Instant;

/// A job's numbers as they change; over a connection made anew where the first is lost.
pub struct Following {
    farm: Farm,
    job: JobId,
    asked: Option<Asked>,
    over: bool,
}

impl Farm {
    /// Follows a job from how it is now to its end.
    pub fn follow(&self, job: JobId) -> Following {
        Following { farm: self.clone(), job, asked: None, over: false }
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
        if self.over {
            return Ok(None);
        }
        loop {
            let asked = match &mut self.asked {
                Some(asked) => asked,
                None => {
                    let (line, ask) = (&self.farm.line, Ask::Follow(self.job));
                    self.asked.insert(line.tried(|| line.begin(&ask))?)
                }
            };
            match asked.next(deadline) {
                Ok(Said::Progress(summary)) => {
                    self.over = summary.over;
                    return Ok(Some(summary));
                }
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
