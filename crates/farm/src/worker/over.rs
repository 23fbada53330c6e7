//! Attempts end by themselves, are ended, or could not be started.

use super::Worker;
use super::state::{Blocked, Effect, Exit, Key, Signal, Stage, Why};
use crate::limits;
use crate::words::{Ended, Ending, Report, Usage};
use std::time::Duration;

impl Worker {
    /// A started attempt and all its processes are over.
    pub fn exited(&mut self, now: Duration, key: Key, exit: Exit) {
        let Some(running) = self.free(key) else { return };
        let rules = &running.task.shape.template.rules;
        let saved = rules.checkpoint.is_some_and(|agreed| {
            exit.ending == Ending::Exited(agreed.status) && running.stage != Stage::Runs
        });
        let ending = match running.stage {
            _ if saved => Ending::Checkpointed,
            Stage::Asked(Why::TimeLimit) => Ending::TimedOut,
            Stage::Asked(Why::Memory) if !exit.ending.is_success() => Ending::OutOfMemory,
            // It was done before it heard.
            Stage::Asked(Why::Vacate) if !exit.ending.is_success() => {
                self.report(key.0, Report::Returned(vec![key.1]));
                return self.start_next(now);
            }
            _ => exit.ending,
        };
        // Having come so far, descriptors are there.
        self.short = None;
        let mut ended = Ended {
            lease: key.1,
            ending,
            started_ms: exit.started_ms,
            ran: exit.ran,
            usage: exit.usage,
            values: exit.values,
        };
        while !ended.is_small() {
            ended.values.pop();
        }
        self.keep(key, ended);
        self.start_next(now);
    }

    /// A start did not come about.
    pub fn not_started(&mut self, now: Duration, key: Key, why: Blocked) {
        let Some(running) = self.free(key) else { return };
        match why {
            Blocked::Never(reason) => {
                let ended = Ended {
                    lease: key.1,
                    ending: Ending::NotStarted(reason),
                    started_ms: 0,
                    ran: Duration::ZERO,
                    usage: Usage::default(),
                    values: vec![],
                };
                self.keep(key, ended);
            }
            Blocked::Short if running.stage == Stage::Runs => {
                let wait = self.short.map_or(limits::SHORT_WAIT, |(_, next)| next);
                let next = (wait * 2).min(limits::SHORT_WAIT_MAX);
                self.short = Some((now.saturating_add(wait), next));
                self.queue.push_front(running.task);
                self.report(key.0, Report::Waits(key.1));
            }
            Blocked::Short => self.report(key.0, Report::Returned(vec![key.1])),
        }
        self.start_next(now);
    }

    /// A running attempt holds more memory than it may: there is no time for a polite word.
    pub fn out_of_memory(&mut self, key: Key) {
        let Some(running) = self.running.get_mut(&key) else { return };
        if running.stage == Stage::Runs {
            running.stage = Stage::Asked(Why::Memory);
            self.out.push(Effect::Signal { key, signal: Signal::Kill });
        }
    }

    /// A result is kept until its holder has taken it.
    fn keep(&mut self, key: Key, ended: Ended) {
        if let Some(known) = self.holders.get_mut(&key.0) {
            known.ended.insert(key.1, ended.clone());
        }
        self.report(key.0, Report::Ended(Box::new(ended)));
    }

    /// The polite signal now, and the other one after the grace. A reason that is there already
    /// stays, but for what nobody wants any more.
    pub(super) fn ask_to_end(&mut self, now: Duration, key: Key, why: Why) {
        let Some(running) = self.running.get_mut(&key) else { return };
        let asked = running.stage != Stage::Runs;
        if asked && why != Why::Unwanted {
            return;
        }
        running.stage = Stage::Asked(why);
        if asked {
            return;
        }
        let rules = &running.task.shape.template.rules;
        let saves = rules.checkpoint.filter(|_| why == Why::Vacate);
        let signal = saves.map_or(Signal::Terminate, |agreed| Signal::Checkpoint(agreed.signal));
        let at = now.saturating_add(rules.end_grace);
        if let Some(before) = running.alarm.replace(at) {
            self.alarms.remove(&(before, key));
        }
        self.alarms.insert((at, key));
        // What is stopped hears nothing else.
        for signal in [Signal::Continue, signal] {
            self.out.push(Effect::Signal { key, signal });
        }
    }
}
