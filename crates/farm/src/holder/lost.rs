//! Attempts whose end nobody will tell: their host is gone, or gave them back.
//!
//! An attempt counts as a crash of its task only if it was executing when its host was lost
//! unexpectedly. So neither tasks that merely waited there are blamed, nor those on a computer
//! whose owner came back.

use super::Holder;
use crate::journal::Count;
use crate::row::{End, Row};
use crate::{HostLife, Lease};
use std::time::Duration;

impl Holder {
    /// This life of the host is over or given up: what it ran is made again elsewhere.
    pub fn lost(&mut self, now: Duration, life: HostLife) {
        self.now = now;
        self.host_gone(life, true);
        self.close();
    }

    /// `crash`: unexpectedly, while it was known what it ran.
    pub(super) fn host_gone(&mut self, life: HostLife, crash: bool) {
        if self.hosts.get(&life.host).is_none_or(|host| host.life != life) {
            return;
        }
        let Some(host) = self.hosts.get(&life.host) else { return };
        let leases: Vec<Lease> = host.leases.keys().copied().collect();
        for lease in leases {
            let job = self.jobs.get(&lease.task.job);
            let flight = job.and_then(|job| job.flights.find(lease.task.index, lease));
            let ran = flight.is_some_and(|flight| flight.started.is_some());
            let count = if crash && ran { Count::Crash } else { Count::Nothing };
            self.lose_at_lost_host(life, lease, count);
        }
        let Some(host) = self.hosts.remove(&life.host) else { return };
        if let Some(group) = host.reserved.and_then(|id| self.needs.groups.get_mut(&id)) {
            group.reserved = None;
        }
    }

    /// As [`Holder::lose`], but it may have run although nobody said so.
    fn lose_at_lost_host(&mut self, from: HostLife, lease: Lease, count: Count) {
        let job = self.jobs.get(&lease.task.job);
        let once = job.is_some_and(|job| {
            let index = lease.task.index;
            let flies = job.flights.find(index, lease).is_some();
            let alone = job.flights.of(index).count() == 1;
            let shape = || job.batch_of(index).shape as usize;
            flies && alone && !job.shapes[shape()].template.rules.rerun_lost
        });
        if !once {
            return self.lose(from, lease, count);
        }
        self.release(from, lease);
        self.give_up(from, lease);
    }

    /// The host will not say how this attempt ends: it never began, was given back, or is gone.
    pub(super) fn lose(&mut self, from: HostLife, lease: Lease, count: Count) {
        self.release(from, lease);
        let Some(job) = self.jobs.get(&lease.task.job) else { return };
        let index = lease.task.index;
        if job.flights.find(index, lease).is_none_or(|flight| flight.host != from) {
            return;
        }
        if job.flights.of(index).count() > 1 {
            return self.drop_flight(lease);
        }
        let limit = job.shapes[job.batch_of(index).shape as usize].template.rules.crash_limit;
        let crashes = job.task(index).map_or(0, |task| task.crashes).saturating_add(1);
        if count == Count::Crash && limit > 0 && crashes >= limit {
            return self.give_up(from, lease);
        }
        self.again(lease, count);
    }

    fn give_up(&mut self, from: HostLife, lease: Lease) {
        let mut row = Row::without(End::Lost, self.attempts(lease));
        row.host = Some(from.host);
        self.over(lease, row);
    }
}
