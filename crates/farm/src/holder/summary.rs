//! A job in a few numbers, for lists and progress bars.

use super::Holder;
use super::job::{Counts, Job, State};
use crate::JobId;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
pub struct Summary {
    pub name: String,
    pub counts: Counts,
    pub sealed: bool,
    pub paused: bool,
    pub over: bool,
    /// When the rest will have run on the hosts that take work now, by their speeds. None: nothing
    /// has ended yet, or nobody works.
    pub left: Option<Duration>,
}

impl Holder {
    pub fn summary(&self, job: JobId) -> Option<Summary> {
        let known = self.jobs.get(&job)?;
        Some(Summary {
            name: known.spec.name.clone(),
            counts: known.counts,
            sealed: known.sealed,
            paused: known.paused,
            over: known.is_over(),
            left: self.forecast(known),
        })
    }

    fn forecast(&self, job: &Job) -> Option<Duration> {
        let open = f64::from(job.counts.open());
        let last = job.shapes.last()?.ids.first()?;
        let needs = &self.needs.groups.get(last)?.needs;
        // Tasks of this kind at once on hosts of speed 1, as if no other job were there.
        let cores = f64::from(needs.cores.max(1));
        let working = self
            .hosts
            .values()
            .filter(|host| host.takes_work() && self.needs.allows(needs, host.life.host));
        let rate: f64 =
            working.map(|host| host.speed * f64::from(host.capacity.cores) / cores).sum();
        let each = job.pace.expect(1.0)?;
        (rate > 0.0).then(|| Duration::from_secs_f64((each.as_secs_f64() * open / rate).min(1e12)))
    }

    /// How many tasks are held: ready or waiting in a job that is paused.
    pub fn held(&self, job: JobId) -> u32 {
        let known = self.jobs.get(&job).filter(|job| job.paused);
        known.map_or(0, |job| job.counts.of(State::Ready) + job.counts.of(State::Waiting))
    }
}
