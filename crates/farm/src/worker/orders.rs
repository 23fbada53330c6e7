//! What a holder says, done.

use super::Worker;
use super::state::{Key, Queued, Why};
use crate::words::{Hand, Order, Report};
use crate::{JobId, Lease, limits};
use posse_wire::HostId;
use std::sync::Arc;
use std::time::Duration;

impl Worker {
    pub(super) fn order(&mut self, now: Duration, from: HostId, order: Order) {
        match order {
            Order::Attach => self.attach(from),
            Order::Shape(shape) => {
                let Some(known) = self.holders.get_mut(&from) else { return };
                if shape.check().is_ok() && known.shapes.len() < limits::SHAPES_MAX {
                    known.shapes.insert((shape.job, shape.number), Arc::new(*shape));
                }
            }
            Order::Hand(hand) => self.hand(from, hand),
            Order::End(leases) => leases.into_iter().for_each(|lease| self.end(now, from, lease)),
            Order::Recall(leases) => self.recall(from, &leases),
            Order::Taken(leases) => {
                let Some(known) = self.holders.get_mut(&from) else { return };
                leases.iter().for_each(|lease| {
                    known.ended.remove(lease);
                });
            }
            Order::Forget(job) => self.forget(from, job),
            Order::Terms(terms) => self.take_terms(*terms),
            Order::Vacate { all } => self.vacate(now, from, all),
        }
    }

    /// All that is here of that holder.
    fn attach(&mut self, from: HostId) {
        let queued = self.queue.iter().map(|task| task.key);
        let queued = queued.filter(|key| key.0 == from).map(|key| key.1).collect();
        let running = self.running.keys().filter(|key| key.0 == from).map(|key| key.1).collect();
        let Some(known) = self.holders.get(&from) else { return };
        let ended = known.ended.values().cloned().collect();
        self.report(from, Report::Attached { queued, running, ended });
        self.tell_room_to(from);
    }

    /// What names no shape or kind that was told, or is beyond the bound, is given back.
    fn hand(&mut self, from: HostId, hand: Hand) {
        let Some(known) = self.holders.get(&from) else { return };
        let (epoch, shape) = (known.epoch, known.shapes.get(&(hand.job, hand.shape)).cloned());
        let mut refused = vec![];
        for task in hand.tasks {
            let lease = Lease { task: task.task(hand.job), epoch, attempt: task.attempt };
            let usable = shape.as_ref().filter(|shape| {
                usize::from(task.kind) < shape.kinds.len()
                    && self.queue.len() < limits::QUEUE_TASKS_MAX
            });
            let Some(shape) = usable.cloned() else {
                refused.push(lease);
                continue;
            };
            let key = (from, lease);
            self.queue.push_back(Queued { key, shape, kind: task.kind, values: task.values });
        }
        if !refused.is_empty() {
            self.report(from, Report::Returned(refused));
        }
    }

    /// The attempt is not wanted: one that runs is ended, and tells its end; any other is gone.
    fn end(&mut self, now: Duration, from: HostId, lease: Lease) {
        let key = (from, lease);
        if self.running.contains_key(&key) {
            return self.ask_to_end(now, key, Why::Unwanted);
        }
        self.queue.retain(|task| task.key != key);
        if let Some(known) = self.holders.get_mut(&from) {
            known.ended.remove(&lease);
        }
        self.report(from, Report::Returned(vec![lease]));
    }

    fn recall(&mut self, from: HostId, leases: &[Lease]) {
        let mut wanted: Vec<Key> = leases.iter().map(|lease| (from, *lease)).collect();
        wanted.sort_unstable();
        let mut back = vec![];
        self.queue.retain(|task| {
            let recalled = wanted.binary_search(&task.key).is_ok();
            if recalled {
                back.push(task.key.1);
            }
            !recalled
        });
        if !back.is_empty() {
            self.report(from, Report::Returned(back));
        }
    }

    fn forget(&mut self, from: HostId, job: JobId) {
        if let Some(known) = self.holders.get_mut(&from) {
            known.shapes.retain(|(other, _), _| *other != job);
        }
    }

    fn tell_room_to(&mut self, to: HostId) {
        let mut busy = crate::Capacity {
            cores: self.strangers.cores,
            memory: self.strangers.memory,
            gpus: self.strangers.gpus,
            named: self.strangers.named.clone(),
        };
        // Tasks of other holders are strangers to this one.
        for (key, running) in &self.running {
            if key.0 != to {
                busy.add(running.task.needs());
            }
        }
        let capacity = self.capacity.clone();
        self.report(to, Report::Room { capacity, busy });
        self.report(to, Report::Mode { mode: self.mode, unmet: self.unmet });
    }

    /// To all holders: what this host has for them.
    pub(super) fn tell_room(&mut self) {
        let holders: Vec<HostId> = self.holders.keys().copied().collect();
        holders.into_iter().for_each(|holder| self.tell_room_to(holder));
    }
}
