//! Giving work: a job is opened, batches are added, it is sealed. Each step is on the holder's disk
//! when it returns, and can be tried again.

use super::Farm;
use super::line::unwanted;
use crate::Error;
use crate::limits::{FARM_NUMBERS_TRIED, FARM_PATHS};
use posse_farm::ask::{Ask, Said};
use posse_farm::holder::Request;
use posse_farm::{Batch, JobId, JobSpec, files};
use std::collections::BTreeSet;

/// Outputs of tasks of one job: later ones may have them as inputs, and they need not be there yet.
#[derive(Debug, Default)]
pub struct Made(BTreeSet<String>);

impl Farm {
    /// A job of these batches, and nothing to come. When this returns, it outlives everybody.
    pub fn submit(&self, spec: &JobSpec, batches: Vec<Batch>) -> Result<JobId, Error> {
        let job = self.open(spec)?;
        let mut tasks = 0;
        let mut made = Made::default();
        for batch in batches {
            tasks = self.add_with(job, tasks, batch, &mut made)?;
        }
        self.seal(job)?;
        Ok(job)
    }

    /// A job without tasks, to which they are added until it is sealed.
    pub fn open(&self, spec: &JobSpec) -> Result<JobId, Error> {
        for _ in 0..FARM_NUMBERS_TRIED {
            let job = match self.line.ask(&Ask::Number)? {
                Said::Number(job) => job,
                other => return Err(unwanted(other)),
            };
            let request = Request::Open { job, spec: Box::new(spec.clone()) };
            match self.line.ask(&Ask::Change(Box::new(request)))? {
                Said::Done { .. } => return Ok(job),
                Said::Taken => {}
                other => return Err(unwanted(other)),
            }
        }
        Err(Error::NotDone { reason: "too many submit jobs just now; try again".to_owned() })
    }

    /// More tasks for a job that has `first` so far. Returns how many it has then. Tasks may be
    /// running before this returns.
    /// Inputs are files of the owner's machine, which are read before this returns: what is in
    /// them now is what the tasks get.
    pub fn add(&self, job: JobId, first: u32, batch: Batch) -> Result<u32, Error> {
        self.add_with(job, first, batch, &mut Made::default())
    }

    /// The same where tasks may need what earlier ones make. The batch's own outputs go to `made`.
    pub fn add_with(
        &self,
        job: JobId,
        first: u32,
        batch: Batch,
        made: &mut Made,
    ) -> Result<u32, Error> {
        let named = files::named(&batch, first)
            .map_err(|bad| Error::NotDone { reason: bad.to_string() })?;
        let inputs: Vec<String> = named.inputs.difference(&made.0).cloned().collect();
        for paths in inputs.chunks(FARM_PATHS) {
            let paths = paths.to_vec();
            match self.line.ask(&Ask::Files { job, paths })? {
                Said::Done { .. } => {}
                other => return Err(unwanted(other)),
            }
        }
        made.0.extend(named.outputs);
        self.change(Request::Add { job, first, batch: Box::new(batch) })
    }

    /// No more tasks come: the job is over when these are.
    pub fn seal(&self, job: JobId) -> Result<(), Error> {
        self.change(Request::Seal(job)).map(drop)
    }
}
