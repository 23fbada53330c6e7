//! Waiting for single tasks.

use super::Farm;
use super::line::{Asked, unwanted};
use crate::Error;
use posse_farm::ask::{Ask, Said};
use posse_farm::letter::Output;
use posse_farm::{Row, TaskId};
use std::time::Instant;

/// A task that is waited for; over a connection made anew where the first is lost.
pub struct Expected {
    farm: Farm,
    task: TaskId,
    asked: Option<Asked>,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskEnd {
    pub row: Row,
    /// What its last attempt printed; none where that was nothing.
    pub output: Option<Output>,
}

impl Farm {
    /// Waits for the end of one task, of a job that need not be sealed.
    pub fn expect(&self, task: TaskId) -> Expected {
        Expected { farm: self.clone(), task, asked: None }
    }

    /// The last of what a task printed: all that its job printed is gone through.
    fn output_of(&self, task: TaskId) -> Result<Option<Output>, Error> {
        let mut last = None;
        self.outputs(task.job, |output| {
            if output.lease.task == task {
                last = Some(output);
            }
        })?;
        Ok(last)
    }
}

impl Expected {
    /// The end of the task, once its result is on disk; [`Error::Deadline`] where that is not by
    /// then, and it can be asked again.
    pub fn get(&mut self, deadline: Option<Instant>) -> Result<TaskEnd, Error> {
        loop {
            let asked = match &mut self.asked {
                Some(asked) => asked,
                None => {
                    let (line, ask) = (&self.farm.line, Ask::Ended(self.task));
                    self.asked.insert(line.tried(|| line.begin(&ask))?)
                }
            };
            let (row, output, earlier) = match asked.next(deadline) {
                Ok(Said::Ended { row, output, earlier }) => (*row, output, earlier),
                Ok(other) => return Err(unwanted(other)),
                Err(Error::Disconnected { .. }) if self.farm.line.can_again() => {
                    self.asked = None;
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.asked = None;
            let output = if earlier { self.farm.output_of(self.task)? } else { output };
            return Ok(TaskEnd { row, output });
        }
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        if let Some(asked) = &self.asked {
            asked.stop();
        }
    }
}
