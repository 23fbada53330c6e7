//! Which job is next among those that have ready tasks: by priority, then by what they use beside
//! their shares, then by age.

use super::super::Holder;
use super::super::job::Job;
use super::super::needs::Rank;
use crate::JobId;
use std::cmp::Reverse;

impl Holder {
    /// Puts a job into the queues where it belongs now. Costs a look at its own needs, of which
    /// most jobs have one.
    pub(super) fn refresh(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let (before, listed) = job.listed.take().unwrap_or((rank_of(job), vec![]));
        for needs in &listed {
            if let Some(group) = self.needs.groups.get_mut(needs) {
                group.queue.remove(&before);
            }
        }
        let (rank, waits) = (rank_of(job), !job.paused && job.active < job.spec.cap);
        job.ready.retain(|_, ready| ready.count > 0);
        if !waits || job.ready.is_empty() {
            return;
        }
        for needs in job.ready.keys() {
            if let Some(group) = self.needs.groups.get_mut(needs) {
                group.queue.insert(rank);
                group.fresh |= !listed.contains(needs);
            }
        }
        job.listed = Some((rank, job.ready.keys().copied().collect()));
    }

    /// Takes a job out of all queues.
    pub(in crate::holder) fn unlist(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let Some((rank, listed)) = job.listed.take() else { return };
        for needs in listed {
            if let Some(group) = self.needs.groups.get_mut(&needs) {
                group.queue.remove(&rank);
            }
        }
    }
}

fn rank_of(job: &Job) -> Rank {
    let used = job.cores.saturating_mul(1000) / u64::from(job.spec.share.max(1));
    (Reverse(job.spec.priority), used, job.id)
}
