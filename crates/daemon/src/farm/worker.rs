//! Drives `posse_farm`'s worker: starts and signals what it says, and tells holders what came of
//! it. Made when the first holder speaks to this host.

use super::attempt::Attempt;
use super::keep::Kept;
use super::limits::LETTER_BYTES;
use super::memory_group::MemoryGroup;
use super::observe::Observer;
use crate::shell::Shell;
use posse_farm::letter::{Orders, Output, Reports};
use posse_farm::limits::BORROWED_NICE;
use posse_farm::words::{Order, Report};
use posse_farm::worker::{Effect, Key, Worker};
use posse_farm::{Capacity, Epoch};
use posse_wire::{CommandId, HostId};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

/// A worker, what it runs, and what that printed.
pub(super) struct Work {
    pub worker: Worker,
    /// By the command that the processes of each are marked with.
    pub attempts: BTreeMap<CommandId, Attempt>,
    pub by_key: BTreeMap<Key, CommandId>,
    pub kept: Kept,
    /// Attempts that were started in this life.
    pub started: u32,
    pub observer: Observer,
    /// Of attempts that are over, some of whose processes may be there still.
    pub groups: Vec<MemoryGroup>,
}

impl Work {
    /// The vm says how many cores it has of this host.
    fn new(now: Duration, cores: u32, observer: Observer) -> Work {
        let memory = crate::facts::memory();
        let gpus = u16::try_from(observer.gpus.len()).unwrap_or(u16::MAX);
        let gpu = u32::from(gpus) * 1000;
        let capacity = Capacity { cores, memory, gpus: gpu, ..Capacity::default() };
        // Where it gives more than it has, several tasks share a core anyhow.
        let is_enough = cores as usize <= observer.cores().len() * 1000;
        let topology = is_enough.then(|| observer.computer.topology(observer.cores()));
        let mut worker = Worker::new(capacity, topology.as_ref(), gpus);
        let (mode, unmet) = observer.allows();
        worker.mode(now, mode, unmet);
        Work {
            worker,
            attempts: BTreeMap::new(),
            by_key: BTreeMap::new(),
            kept: Kept::default(),
            started: 0,
            observer,
            groups: Vec::new(),
        }
    }

    /// Of tasks that say nothing, as nice(1).
    pub fn nice(&self) -> i8 {
        let usual = if self.observer.is_borrowed() { BORROWED_NICE } else { 0 };
        self.worker.terms().nice.unwrap_or(usual)
    }

    /// An attempt is over, and its group is not needed any more.
    pub fn leave(&mut self, key: Key, group: MemoryGroup) {
        if group.was_exceeded() {
            self.worker.out_of_memory(key);
        }
        self.groups.push(group);
        self.remove_groups();
    }

    pub fn remove_groups(&mut self) {
        self.groups.retain(|group| !group.remove());
    }

    /// Outputs of results that a holder has taken, or does not want, are dropped.
    fn forget_outputs(&mut self, from: HostId, orders: &[Order]) {
        for order in orders {
            if let Order::Taken(leases) | Order::End(leases) = order {
                leases.iter().for_each(|lease| self.kept.remove(&(from, *lease)));
            }
        }
    }

    /// With the outputs of those that are over.
    fn outputs_of(&self, to: HostId, report: &Report) -> Vec<Output> {
        let leases = match report {
            Report::Ended(ended) => vec![ended.lease],
            Report::Attached { ended, .. } => ended.iter().map(|ended| ended.lease).collect(),
            _ => return Vec::new(),
        };
        leases.iter().filter_map(|lease| self.kept.get(&(to, *lease)).cloned()).collect()
    }
}

impl Shell {
    /// All processes of this host are over.
    pub(crate) fn remove_memory_groups(&self) {
        if let Some(work) = self.farm.work.borrow_mut().as_mut() {
            let left = std::mem::take(&mut work.attempts).into_values();
            work.groups.extend(left.filter_map(|attempt| attempt.group));
            work.remove_groups();
        }
    }

    pub(super) fn obey(self: &Rc<Self>, from: HostId, letter: Orders) {
        let is_meant = self.with_daemon(|daemon| daemon.incarnation() == letter.incarnation);
        if !is_meant {
            return;
        }
        let new = || Work::new(super::time::now(), letter.cores, self.observer());
        self.farm.work.borrow_mut().get_or_insert_with(new);
        self.looked_at(from, letter.epoch, letter.live);
        self.work_on(|work, now| {
            work.observer.alone = letter.alone;
            work.forget_outputs(from, &letter.orders);
            work.worker.orders(now, from, letter.epoch, letter.orders);
        });
    }

    /// Does something at the worker, where there is one, and all that follows from it.
    pub(super) fn work_on<T>(
        self: &Rc<Self>,
        act: impl FnOnce(&mut Work, Duration) -> T,
    ) -> Option<T> {
        let done = self.farm.work.borrow_mut().as_mut().map(|work| act(work, super::time::now()));
        if done.is_some() {
            self.settle_work();
        }
        done
    }

    fn settle_work(self: &Rc<Self>) {
        if self.farm.settling_work.replace(true) {
            return;
        }
        let mut reports = VecDeque::new();
        loop {
            let effects = match self.farm.work.borrow_mut().as_mut() {
                Some(work) => work.worker.take_effects(),
                None => break,
            };
            if effects.is_empty() && reports.is_empty() {
                break;
            }
            let is_last = effects.is_empty();
            for effect in effects {
                match effect {
                    Effect::Start(start) => self.start_attempt(*start),
                    Effect::Signal { key, signal } => self.signal_attempt(key, signal),
                    Effect::Report { to, epoch, report } => reports.push_back((to, epoch, report)),
                    Effect::Terms(terms) => self.take_terms(&terms),
                }
            }
            if is_last {
                self.report_all(std::mem::take(&mut reports));
            }
        }
        self.farm.settling_work.set(false);
        self.farm_arm();
    }

    /// All for one holder in one letter, unless outputs make it too long.
    fn report_all(self: &Rc<Self>, reports: VecDeque<(HostId, Epoch, Report)>) {
        let incarnation = self.with_daemon(|daemon| daemon.incarnation());
        let mut letters: Vec<(HostId, Reports, usize)> = Vec::new();
        for (to, epoch, report) in reports {
            let outputs = match self.farm.work.borrow().as_ref() {
                Some(work) => work.outputs_of(to, &report),
                None => Vec::new(),
            };
            let size: usize = outputs.iter().map(Output::size).sum();
            let open = letters.iter_mut().rev().find(|(other, ..)| *other == to);
            match open {
                Some((_, letter, bytes))
                    if letter.epoch == epoch && *bytes + size <= LETTER_BYTES =>
                {
                    letter.reports.push(report);
                    letter.outputs.extend(outputs);
                    *bytes += size;
                }
                _ => {
                    let reports = vec![report];
                    let parts = Vec::new();
                    let letter = Reports { epoch, incarnation, reports, outputs, parts };
                    letters.push((to, letter, size));
                }
            }
        }
        for (to, letter, _) in letters {
            self.send_reports(to, &letter);
        }
    }
}
