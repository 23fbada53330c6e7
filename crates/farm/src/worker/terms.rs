//! On what terms the vm has this host, what the owner of its computer allows now, and what
//! strangers use of it.

use super::Worker;
use super::state::{Effect, Key, Mode, Queued, Signal, Stage, Why};
use crate::policy::{Terms, Unmet};
use crate::room::Room;
use crate::words::Report;
use crate::{Capacity, Lease, Needs};
use posse_wire::HostId;
use std::time::Duration;

impl Worker {
    /// The vm says what it has of this host. A second word takes the place of the first.
    pub(super) fn take_terms(&mut self, terms: Terms) {
        if self.terms == terms || terms.check().is_err() {
            return;
        }
        let gpus = terms.gpus.unwrap_or(self.gpus_found);
        self.gpus.resize(gpus);
        self.capacity.gpus = u32::from(gpus) * 1000;
        self.capacity.named.clone_from(&terms.named);
        self.terms = terms.clone();
        self.count_room();
        self.out.push(Effect::Terms(Box::new(terms)));
        self.tell_room();
    }

    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    fn count_room(&mut self) {
        self.room = Room::of(&self.capacity);
        self.room.take(&self.strangers);
        for running in self.running.values() {
            self.room.take(running.task.needs());
        }
    }

    /// What strangers use of this host; it is not given to tasks.
    pub fn strangers(&mut self, now: Duration, used: &Capacity) {
        self.strangers = Needs {
            cores: used.cores,
            memory: used.memory,
            gpus: used.gpus,
            named: used.named.clone(),
            hosts: String::new(),
        };
        self.count_room();
        self.tell_room();
        self.start_next(now);
    }

    /// What the owner of this computer allows from now on (`policy`), and why it is not more.
    pub fn mode(&mut self, now: Duration, mode: Mode, unmet: Option<Unmet>) {
        if (self.mode, self.unmet) == (mode, unmet) {
            return;
        }
        self.unmet = unmet;
        let before = std::mem::replace(&mut self.mode, mode);
        if before != mode {
            self.change_mode(now, before, mode);
        }
        self.tell_room();
        self.start_next(now);
    }

    fn change_mode(&mut self, now: Duration, before: Mode, mode: Mode) {
        let running: Vec<Key> = self.running.keys().copied().collect();
        match mode {
            Mode::Run => {
                self.signal_all(&running, Signal::Continue);
                running.into_iter().for_each(|key| self.go_on(now, key));
            }
            Mode::Suspend if before == Mode::Run => {
                self.signal_all(&running, Signal::Stop);
                running.into_iter().for_each(|key| self.hold_time(now, key));
            }
            // What was asked to end is let do so.
            Mode::Suspend => {}
            Mode::Vacate => {
                running.into_iter().for_each(|k| self.ask_to_end(now, k, Why::Vacate));
                self.give_back_queue(|_| true);
            }
        }
    }

    /// Time that a task does not get is not counted against its limit.
    fn hold_time(&mut self, now: Duration, key: Key) {
        let Some(running) = self.running.get_mut(&key) else { return };
        if running.stage == Stage::Runs
            && let Some(at) = running.alarm.take()
        {
            self.alarms.remove(&(at, key));
            running.left = Some(at.saturating_sub(now));
        }
    }

    fn go_on(&mut self, now: Duration, key: Key) {
        let Some(running) = self.running.get_mut(&key) else { return };
        if let Some(left) = running.left.take()
            && running.stage == Stage::Runs
        {
            let at = now.saturating_add(left);
            running.alarm = Some(at);
            self.alarms.insert((at, key));
        }
    }

    fn signal_all(&mut self, keys: &[Key], signal: Signal) {
        self.out.extend(keys.iter().map(|key| Effect::Signal { key: *key, signal }));
    }

    /// A holder wants its work back from here.
    pub(super) fn vacate(&mut self, now: Duration, from: HostId, all: bool) {
        self.give_back_queue(|task| task.key.0 == from);
        let leaves = self.running.iter().filter(|(key, running)| {
            let saves = running.task.shape.template.rules.checkpoint.is_some();
            key.0 == from && (all || saves)
        });
        let leaves: Vec<Key> = leaves.map(|(key, _)| *key).collect();
        leaves.into_iter().for_each(|key| self.ask_to_end(now, key, Why::Vacate));
    }

    fn give_back_queue(&mut self, which: impl Fn(&Queued) -> bool) {
        let mut back: Vec<(HostId, Vec<Lease>)> = vec![];
        let (leave, stay) = std::mem::take(&mut self.queue).into_iter().partition(|t| which(t));
        self.queue = stay;
        let leave: std::collections::VecDeque<Queued> = leave;
        for task in leave {
            let (holder, lease) = task.key;
            match back.iter_mut().find(|(known, _)| *known == holder) {
                Some((_, leases)) => leases.push(lease),
                None => back.push((holder, vec![lease])),
            }
        }
        for (holder, leases) in back {
            self.report(holder, Report::Returned(leases));
        }
    }
}
