//! Drives `posse_farm`'s worker: starts and signals what it says, and tells holders what came of
//! it. Made when the first holder speaks to this host.

use super::attempt::Attempt;
use super::keep::Kept;
use super::limits::LETTER_BYTES;
use crate::shell::Shell;
use posse_farm::letter::{Orders, Output, Reports};
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
}

impl Work {
    /// The vm says how many cores it has of this host.
    fn new(cores: u32) -> Work {
        let memory = crate::facts::memory();
        let capacity = Capacity { cores, memory, ..Capacity::default() };
        Work {
            worker: Worker::new(capacity, None, 0),
            attempts: BTreeMap::new(),
            by_key: BTreeMap::new(),
            kept: Kept::default(),
            started: 0,
        }
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
    pub(super) fn obey(self: &Rc<Self>, from: HostId, letter: Orders) {
        let is_meant = self.with_daemon(|daemon| daemon.incarnation() == letter.incarnation);
        if !is_meant {
            return;
        }
        self.farm.work.borrow_mut().get_or_insert_with(|| Work::new(letter.cores));
        self.looked_at(from, letter.epoch, letter.live);
        self.work_on(|work, now| {
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
