//! A host comes, or comes back: what it has of ours is compared with what we believe.
//!
//! After a start from its journal a holder knows which attempts it had handed out, not what became
//! of them. Each host says so when it is reached again; only then does it get work.

use super::Holder;
use super::host::Host;
use crate::journal::{Count, Record};
use crate::room::Capacity;
use crate::words::{Ended, Order};
use crate::{HostLife, Lease, limits};
use std::collections::BTreeSet;
use std::time::Duration;

impl Holder {
    /// A link to this life of a host was made. It gets work when it has answered the
    /// [`Order::Attach`] that this sends.
    pub fn joined(&mut self, now: Duration, life: HostLife, name: String, capacity: Capacity) {
        self.now = now;
        let known = self.hosts.get(&life.host).map(|host| host.life);
        if known.is_some_and(|known| known.incarnation > life.incarnation) {
            return;
        }
        if let Some(earlier) = known.filter(|known| *known != life) {
            // What it ran before its daemon was replaced can not be told to have run.
            let heard = self.hosts.get(&life.host).is_some_and(|host| host.expected.is_none());
            self.host_gone(earlier, heard);
        }
        let host = self.hosts.entry(life.host).or_insert_with(|| Host::new(life, now));
        host.draining = self.drained.contains(&name);
        host.name = name;
        host.attached = false;
        // From here on it is its link that tells whether it is lost.
        host.expected = None;
        // It may be told them twice, and never too seldom.
        host.shapes.clear();
        host.set_capacity(capacity, &Capacity::default());
        self.send(life, Order::Attach, 0);
        self.tell_terms(life);
        let sets: Vec<String> = self.needs.sets().cloned().collect();
        sets.into_iter().for_each(|hosts| self.effect(super::Effect::Resolve { hosts }));
        self.close();
    }

    pub(super) fn attached(
        &mut self,
        from: HostLife,
        queued: Vec<Lease>,
        running: Vec<Lease>,
        ended: Vec<Ended>,
    ) {
        let Some(host) = self.hosts.get_mut(&from.host) else { return };
        host.attached = true;
        host.moved = self.now;
        let over = ended.iter().map(|ended| ended.lease);
        let told = queued.iter().chain(&running).copied().chain(over);
        let told: BTreeSet<Lease> = told.collect();
        let missing = host.leases.keys().filter(|lease| !told.contains(lease));
        let missing: Vec<Lease> = missing.copied().collect();
        missing.into_iter().for_each(|lease| self.lose(from, lease, Count::Nothing));
        for (leases, runs) in [(queued, false), (running, true)] {
            for lease in leases {
                self.found(from, lease, runs);
            }
        }
        for ended in ended {
            self.adopt(from, ended.lease);
            self.ended(from, ended);
        }
        self.pending.room.insert(from.host);
    }

    /// The host has this attempt: ours, or one that is not wanted.
    fn found(&mut self, from: HostLife, lease: Lease, runs: bool) {
        self.adopt(from, lease);
        let flies = self.jobs.get(&lease.task.job).is_some_and(|job| {
            let flight = job.flights.find(lease.task.index, lease);
            flight.is_some_and(|flight| flight.host == from)
        });
        if !flies {
            return self.end(from.host, lease);
        }
        if runs {
            self.started(from, lease, true);
        }
    }

    /// An attempt that the journal lost, of a task that is in no other hands: it goes on.
    fn adopt(&mut self, from: HostLife, lease: Lease) {
        let Some(job) = self.jobs.get_mut(&lease.task.job) else { return };
        let index = lease.task.index;
        let later = |task: &super::job::Task| {
            task.state == super::State::Ready && lease.attempt > task.attempts
        };
        let strange = lease.epoch > self.epoch || lease.attempt > limits::ATTEMPTS_MAX;
        if strange || !job.task(index).is_some_and(later) {
            return;
        }
        job.handed(index, lease.attempt);
        let needs = job.needs_of(index);
        let Some(group) = self.needs.groups.get(&needs) else { return };
        job.fly(lease, from, u64::from(group.needs.cores));
        if let Some(host) = self.hosts.get_mut(&from.host) {
            host.put(lease, group.needs.clone(), None);
        }
        self.pending.touched.insert(lease.task.job);
        let tasks = vec![(index, lease.attempt)];
        self.write(&Record::Handed { job: lease.task.job, host: from, epoch: lease.epoch, tasks });
    }
}
