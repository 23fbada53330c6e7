//! The next tasks that fit are started. The host's own count decides: it never starts more than
//! fits, whatever holders believe.

use super::Worker;
use super::state::{Effect, Key, Mode, Queued, Running, Stage, Start};
use crate::text::Fill;
use crate::words::Report;
use crate::{Needs, limits};
use std::time::Duration;

impl Queued {
    pub fn needs(&self) -> &Needs {
        // Checked when it was queued.
        &self.shape.kinds[usize::from(self.kind)]
    }
}

impl Worker {
    /// Starts what fits, in the order in which it was handed over; a few that do not fit are
    /// passed by smaller ones.
    pub(super) fn start_next(&mut self, now: Duration) {
        if self.mode != Mode::Run || self.short.is_some_and(|(until, _)| now < until) {
            return;
        }
        let (mut at, mut passed) = (0, 0);
        while at < self.queue.len() && passed < limits::PASSED_TASKS_MAX {
            if self.untaken() >= limits::UNTAKEN_MAX {
                return;
            }
            if self.start_one(now, at) {
                continue;
            }
            at += 1;
            passed += 1;
        }
    }

    fn start_one(&mut self, now: Duration, at: usize) -> bool {
        let Some(needs) = self.queue.get(at).map(|task| task.needs().clone()) else { return false };
        if !self.room.fits(&needs) {
            return false;
        }
        let cores = match &mut self.cores {
            Some(cores) => cores.take(needs.cores),
            None => Some(vec![]),
        };
        let Some(cores) = cores else { return false };
        let Some(gpus) = self.gpus.take(needs.gpus) else {
            if let Some(all) = &mut self.cores {
                all.give(needs.cores, &cores);
            }
            return false;
        };
        let Some(task) = self.queue.remove(at) else { return false };
        self.room.take(&needs);
        let slot = self.take_slot(task.key);
        let running = Running { task, cores, gpus, slot, stage: Stage::Runs, alarm: None };
        self.started(now, running);
        true
    }

    fn started(&mut self, now: Duration, running: Running) {
        let (key, task) = (running.task.key, &running.task);
        let fill = Fill {
            values: &task.values,
            number: u64::from(key.1.task.index) + 1,
            slot: running.slot,
        };
        let spec = task.shape.template.fill(&task.shape.spec, task.needs().clone(), fill);
        let (cores, gpus, slot) = (running.cores.clone(), running.gpus.clone(), running.slot);
        let at_once = spec.inputs.is_empty() && spec.outputs.is_empty();
        self.running.insert(key, running);
        if at_once {
            self.process_begins(now, key);
        }
        // Said before it is done, so that a task that takes the host down is known.
        self.report(key.0, Report::Started(key.1));
        self.out.push(Effect::Start(Box::new(Start { key, spec, cores, gpus, slot })));
    }

    /// From here on its time limit counts: what comes before are inputs on their way. Said by the
    /// driver of attempts that have inputs or outputs.
    pub fn process_begins(&mut self, now: Duration, key: Key) {
        let Some(running) = self.running.get_mut(&key) else { return };
        let limit = running.task.shape.template.rules.time_limit;
        let Some(limit) = limit.filter(|_| running.stage == Stage::Runs) else { return };
        let at = now.saturating_add(limit);
        running.alarm = Some(at);
        self.alarms.insert((at, key));
    }

    /// It has ended in time: what follows are outputs on their way.
    pub fn process_ends(&mut self, key: Key) {
        let Some(running) = self.running.get_mut(&key) else { return };
        if running.stage == Stage::Runs
            && let Some(at) = running.alarm.take()
        {
            self.alarms.remove(&(at, key));
        }
    }

    fn take_slot(&mut self, (holder, lease): Key) -> u32 {
        let used = self.slots.entry((holder, lease.task.job)).or_default();
        let slot = (1..).find(|slot| !used.contains(slot)).unwrap_or(u32::MAX);
        used.insert(slot);
        slot
    }

    /// What a running attempt had is free again. Gives the task back.
    pub(super) fn free(&mut self, key: Key) -> Option<Running> {
        let running = self.running.remove(&key)?;
        let needs = running.task.needs();
        self.room.give(needs);
        if let Some(cores) = &mut self.cores {
            cores.give(needs.cores, &running.cores);
        }
        self.gpus.give(&running.gpus);
        if let Some(at) = running.alarm {
            self.alarms.remove(&(at, key));
        }
        let job = (key.0, key.1.task.job);
        if let Some(used) = self.slots.get_mut(&job) {
            used.remove(&running.slot);
            if used.is_empty() {
                self.slots.remove(&job);
            }
        }
        Some(running)
    }
}
