//! Attempts end, and a result is accepted once.
//!
//! Only an attempt that is under way by the holder's own book can end its task. All others' ends
//! (a second copy's, one of a host that was given up, one of a task that was killed) are answered
//! as taken, and dropped.

use super::Holder;
use super::effect::Effect;
use crate::journal::{Count, Outcome, Verdict};
use crate::row::{End, Row};
use crate::words::{Ended, Ending, Report};
use crate::{HostLife, Lease};
use std::time::Duration;

impl Holder {
    /// What a host said, in its order. Words of another life than the one that is known are
    /// dropped: what it had is lost already, or it has to attach first.
    pub fn reports(&mut self, now: Duration, from: HostLife, reports: Vec<Report>) {
        self.now = now;
        for report in reports {
            if self.hosts.get(&from.host).is_none_or(|host| host.life != from) {
                break;
            }
            self.one_report(from, report);
        }
        self.close();
    }

    fn one_report(&mut self, from: HostLife, report: Report) {
        match report {
            Report::Attached { queued, running, ended } => {
                self.attached(from, queued, running, ended);
            }
            Report::Started(lease) => self.started(from, lease, true),
            Report::Waits(lease) => self.started(from, lease, false),
            Report::Ended(ended) => self.ended(from, *ended),
            Report::Returned(leases) => {
                leases.into_iter().for_each(|lease| self.lose(from, lease, Count::Nothing));
            }
            Report::Room { capacity, busy } => {
                if let Some(host) = self.hosts.get_mut(&from.host) {
                    host.set_capacity(capacity, &busy);
                    host.stalled = false;
                    self.pending.room.insert(from.host);
                }
            }
            Report::Mode { mode, unmet } => {
                if let Some(host) = self.hosts.get_mut(&from.host) {
                    (host.mode, host.unmet) = (mode, unmet);
                    self.pending.room.insert(from.host);
                }
            }
        }
    }

    pub(super) fn started(&mut self, from: HostLife, lease: Lease, starts: bool) {
        let Some(host) = self.hosts.get_mut(&from.host) else { return };
        host.moved = self.now;
        if starts {
            host.stalled = false;
            host.started(lease);
        }
        if let Some(job) = self.jobs.get_mut(&lease.task.job) {
            job.flights.started(lease.task.index, lease, starts.then_some(self.now));
        }
    }

    pub(super) fn ended(&mut self, from: HostLife, mut ended: Ended) {
        let lease = ended.lease;
        if let Some(host) = self.hosts.get_mut(&from.host) {
            host.moved = self.now;
            host.stalled = false;
        }
        self.release(from, lease);
        self.taken(from.host, lease);
        let Some(job) = self.jobs.get_mut(&lease.task.job) else { return };
        let flies = job.flights.find(lease.task.index, lease).is_some_and(|f| f.host == from);
        if !flies {
            return;
        }
        if !ended.is_small() {
            ended.values.clear();
        }
        if ended.ending.is_success() {
            if let Some(host) = self.hosts.get_mut(&from.host) {
                job.pace.observe(ended.ran, &mut host.speed);
            }
            return self.accept(from, ended);
        }
        if job.flights.of(lease.task.index).count() > 1 {
            return self.drop_flight(lease);
        }
        let index = lease.task.index;
        let shape = job.batch_of(index).shape as usize;
        let rules = &job.shapes[shape].template.rules;
        let failures = job.task(index).map_or(0, |task| task.failures).saturating_add(1);
        if ended.ending == Ending::Checkpointed {
            self.again(lease, Count::Nothing);
        } else if rules.retries_after(ended.ending.status(), failures) {
            self.again(lease, Count::Failure);
        } else {
            self.accept(from, ended);
        }
    }

    /// The task is over by this attempt; another one of it is ended.
    fn accept(&mut self, from: HostLife, ended: Ended) {
        let lease = ended.lease;
        let row = Row {
            end: End::Ended(ended.ending),
            attempts: self.attempts(lease),
            host: Some(from.host),
            started_ms: ended.started_ms,
            ran: ended.ran,
            usage: ended.usage,
            values: ended.values,
        };
        self.over(lease, row);
    }

    pub(super) fn attempts(&self, lease: Lease) -> u32 {
        let task = self.jobs.get(&lease.task.job).and_then(|job| job.task(lease.task.index));
        task.map_or(0, |task| task.attempts)
    }

    /// The task of this attempt is over, with this row.
    pub(super) fn over(&mut self, lease: Lease, row: Row) {
        let (id, index) = (lease.task.job, lease.task.index);
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.over(index, &row);
        let others = job.flights.remove_all(index).filter(|flight| flight.lease != lease);
        for other in others.collect::<Vec<_>>() {
            self.end(other.host.host, other.lease);
        }
        self.outcome(id, Outcome::of(lease, Verdict::Over(Box::new(row))));
        self.effect(Effect::Ended(lease.task));
    }

    /// The task of this attempt waits to run again.
    pub(super) fn again(&mut self, lease: Lease, count: Count) {
        let Some(job) = self.jobs.get_mut(&lease.task.job) else { return };
        job.flights.remove(lease.task.index, lease);
        job.again(lease.task.index, count);
        self.outcome(lease.task.job, Outcome::of(lease, Verdict::Again(count)));
    }

    /// This attempt does not count: another one of the task goes on.
    pub(super) fn drop_flight(&mut self, lease: Lease) {
        let Some(job) = self.jobs.get_mut(&lease.task.job) else { return };
        job.flights.remove(lease.task.index, lease);
        self.outcome(lease.task.job, Outcome::of(lease, Verdict::Dropped));
    }

    /// The host does not have this attempt any more: its room is free.
    pub(super) fn release(&mut self, from: HostLife, lease: Lease) {
        let Some(host) = self.hosts.get_mut(&from.host) else { return };
        let Some(held) = host.remove(lease) else { return };
        let drained = host.draining && host.leases.is_empty();
        self.pending.room.insert(from.host);
        self.pending.touched.insert(lease.task.job);
        if let Some(job) = self.jobs.get_mut(&lease.task.job) {
            job.landed(u64::from(held.needs.cores));
        }
        if drained {
            self.effect(Effect::Drained(from.host));
        }
    }
}

impl Outcome {
    fn of(lease: Lease, verdict: Verdict) -> Outcome {
        Outcome { index: lease.task.index, attempt: lease.attempt, epoch: lease.epoch, verdict }
    }
}
