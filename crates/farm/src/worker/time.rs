//! What time brings: limits, graces, holders that are silent.

use super::Worker;
use super::state::{Effect, Key, Signal, Stage, Why};
use crate::limits;
use posse_wire::HostId;
use std::time::Duration;

impl Worker {
    /// When [`Worker::tick`] is to be called next.
    pub fn wake(&self) -> Option<Duration> {
        let alarm = self.alarms.first().map(|(at, _)| *at);
        let short = self.short.filter(|_| !self.queue.is_empty()).map(|(until, _)| until);
        let busy = |holder: &HostId| self.has_of(*holder);
        let leases = self.holders.iter().filter(|(holder, _)| busy(holder));
        let lease = leases.map(|(_, known)| known.heard.saturating_add(limits::LEASE)).min();
        [alarm, short, lease].into_iter().flatten().min()
    }

    pub fn tick(&mut self, now: Duration) {
        while let Some((at, key)) = self.alarms.first().copied().filter(|(at, _)| *at <= now) {
            self.alarms.remove(&(at, key));
            self.alarm(now, key);
        }
        let silent = self.holders.iter().filter(|(holder, known)| {
            now >= known.heard.saturating_add(limits::LEASE) && self.has_of(**holder)
        });
        let silent: Vec<HostId> = silent.map(|(holder, _)| *holder).collect();
        silent.into_iter().for_each(|holder| self.fence(now, holder));
        self.start_next(now);
    }

    fn has_of(&self, holder: HostId) -> bool {
        let runs = self
            .running
            .iter()
            .any(|(key, running)| key.0 == holder && running.stage != Stage::Asked(Why::Unwanted));
        runs || self.queue.iter().any(|task| task.key.0 == holder)
    }

    fn alarm(&mut self, now: Duration, key: Key) {
        let Some(running) = self.running.get_mut(&key) else { return };
        running.alarm = None;
        match running.stage {
            Stage::Runs => self.ask_to_end(now, key, Why::TimeLimit),
            Stage::Asked(_) => self.out.push(Effect::Signal { key, signal: Signal::Kill }),
        }
    }

    /// A holder was silent for longer than its leases are: others may run its tasks by now.
    /// Results stay.
    fn fence(&mut self, now: Duration, holder: HostId) {
        self.queue.retain(|task| task.key.0 != holder);
        let running: Vec<Key> = self.running.keys().copied().filter(|k| k.0 == holder).collect();
        running.into_iter().for_each(|key| self.ask_to_end(now, key, Why::Unwanted));
    }
}
