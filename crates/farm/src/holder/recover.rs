//! The next life of a holder, from the journal of the last one.
//!
//! Nothing is started that may still run: attempts that were handed out count as running until
//! their hosts say what became of them, or do not come back in time.

use super::host::Host;
use super::job::{Flight, Job};
use super::{Holder, Settings};
use crate::journal::{Count, Outcome, Record, Scan, Verdict, Writer, scan};
use crate::{Epoch, JobId, Lease, TaskId};
use std::time::Duration;

/// What a start found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Cut the file here, if it is longer, before anything is appended.
    pub scan: Scan,
    /// Records that told of what is not there, since others were lost to damage.
    pub strange: u64,
}

impl Holder {
    /// `bytes`: the journal's file. `epoch_min`: greater than any that the caller knows of, if it
    /// knows any. Whatever the file holds, there is a holder.
    pub fn recover(
        now: Duration,
        settings: Settings,
        epoch_min: Epoch,
        bytes: &[u8],
    ) -> (Holder, Recovered) {
        let mut holder = Holder::empty(settings);
        holder.now = now;
        let mut strange = 0;
        let scan = scan(bytes, |record| {
            if !holder.replay(record) {
                strange += 1;
            }
        });
        holder.journal = Writer::behind(scan.good);
        holder.snapshot_bytes = scan.good;
        holder.begin(Epoch(holder.epoch.0.saturating_add(1)).max(epoch_min));
        holder.expect_hosts();
        let jobs: Vec<JobId> = holder.jobs.keys().copied().collect();
        for job in jobs {
            if let Some(known) = holder.jobs.get_mut(&job) {
                known.queue_all();
                known.told_over = known.is_over();
            }
            holder.pending.touched.insert(job);
        }
        holder.close();
        (holder, Recovered { scan, strange })
    }

    /// False: it tells of what is not there.
    fn replay(&mut self, record: Record) -> bool {
        match record {
            Record::Epoch(epoch) => self.epoch = self.epoch.max(epoch),
            Record::Next(job) => self.next_job = self.next_job.max(job),
            Record::Open { job, spec } => {
                self.next_job = self.next_job.max(JobId(job.0.saturating_add(1)));
                self.jobs.insert(job, Job::new(job, *spec, false));
            }
            Record::Add { job, first, batch } => {
                let fits = self.jobs.get(&job).is_some_and(|known| {
                    known.tasks() == first && known.check_after(&batch).is_ok()
                });
                if !fits || batch.check(first).is_err() {
                    return false;
                }
                self.take_batch(job, *batch);
            }
            Record::Kill { job, tasks } => self.kill_tasks(job, tasks.as_deref()),
            Record::Drop(job) => self.forget_job(job),
            Record::Terms { host, terms } => drop(self.terms.insert(host, *terms)),
            Record::Drain { host, draining } => self.replay_drain(host, draining),
            other => return self.replay_in_job(other),
        }
        true
    }

    fn replay_in_job(&mut self, record: Record) -> bool {
        let id = match &record {
            Record::Seal(job)
            | Record::Handed { job, .. }
            | Record::Outcomes { job, .. }
            | Record::Retry { job, .. }
            | Record::Pause { job, .. }
            | Record::Reopen(job)
            | Record::Tries { job, .. } => *job,
            _ => return false,
        };
        let Some(job) = self.jobs.get_mut(&id) else { return false };
        match record {
            Record::Seal(_) => job.sealed = true,
            Record::Reopen(_) => job.reopen(),
            Record::Pause { paused, .. } => job.paused = paused,
            Record::Retry { failed, lost, .. } => job.retry(failed, lost),
            Record::Handed { host, epoch, tasks, .. } => {
                for (index, attempt) in tasks {
                    if job.handed(index, attempt) {
                        let lease = Lease { task: TaskId { job: id, index }, epoch, attempt };
                        job.flights.put(index, Flight { lease, host, started: None });
                    }
                }
            }
            Record::Outcomes { list, .. } => {
                let strange = list.into_iter().filter(|one| !job.replay_outcome(one)).count();
                return strange == 0;
            }
            Record::Tries { first, tries, .. } => {
                (first..).zip(tries).for_each(|(index, tries)| job.set_tries(index, tries));
            }
            _ => return false,
        }
        true
    }

    /// Hosts that have attempts by the journal.
    fn expect_hosts(&mut self) {
        let (now, until) = (self.now, self.now + self.settings.attach_within);
        for life in self.jobs.values().flat_map(|job| job.flights.all()).map(|f| f.host) {
            let host = self.hosts.entry(life.host).or_insert_with(|| Host::new(life, now));
            host.life = host.life.max(life);
            host.expected = Some(until);
        }
        for job in self.jobs.values_mut() {
            let flights: Vec<Flight> = job.flights.all().copied().collect();
            for flight in flights {
                let index = flight.lease.task.index;
                let Some(host) = self.hosts.get_mut(&flight.host.host) else { continue };
                let Some(group) = self.needs.groups.get(&job.needs_of(index)) else { continue };
                if host.life != flight.host {
                    // A later life of that host has tasks, so this one is over.
                    if !job.flights.remove(index, flight.lease) {
                        job.again(index, Count::Nothing);
                    }
                    continue;
                }
                host.put(flight.lease, group.needs.clone(), None);
                job.active += 1;
                job.cores += u64::from(group.needs.cores);
            }
        }
    }
}

impl Job {
    fn replay_outcome(&mut self, outcome: &Outcome) -> bool {
        let Outcome { index, attempt, epoch, verdict } = outcome;
        let (index, attempt, epoch) = (*index, *attempt, *epoch);
        if index >= self.tasks() {
            return false;
        }
        let lease = Lease { task: TaskId { job: self.id, index }, epoch, attempt };
        match verdict {
            Verdict::Over(row) => {
                self.flights.remove_all(index).for_each(drop);
                self.over(index, row);
            }
            Verdict::Again(count) => {
                if !self.flights.remove(index, lease) {
                    self.again(index, *count);
                }
            }
            Verdict::Dropped => {
                self.flights.remove(index, lease);
            }
        }
        true
    }
}
