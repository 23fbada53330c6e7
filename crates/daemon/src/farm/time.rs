//! The clock of the task farm, and what time brings: the next tick of holder and worker, and the
//! word to hosts that their holder is there.

use super::limits::THERE_EVERY;
use crate::shell::Shell;
use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Never goes back, and counts while the machine sleeps.
pub(super) fn now() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// When the farm's task is to wake.
#[derive(Default)]
pub(super) struct Wake {
    begun: Cell<bool>,
    armed: Cell<Option<Duration>>,
    sooner: Notify,
    /// When hosts were last told that their holder is there.
    told: Cell<Duration>,
}

impl Shell {
    /// After each change: the timer is no later than the next deadline.
    pub(super) fn farm_arm(self: &Rc<Self>) {
        let wake = &self.farm.wake;
        let Some(next) = self.farm_wake() else { return };
        if wake.armed.get().is_none_or(|armed| next < armed) {
            wake.armed.set(Some(next));
            wake.sooner.notify_one();
        }
        if !wake.begun.replace(true) {
            tokio::task::spawn_local(self.clone().farm_time());
        }
    }

    fn farm_wake(&self) -> Option<Duration> {
        let (mut holder, mut worker) = (None, None);
        if let Some(held) = &*self.farm.held.borrow() {
            let there = held.has_open_jobs().then(|| self.farm.wake.told.get() + THERE_EVERY);
            holder = [held.holder.wake(), there].into_iter().flatten().min();
        }
        if let Some(work) = &*self.farm.work.borrow() {
            worker = [work.worker.wake(), work.looks_at(now())].into_iter().flatten().min();
        }
        [holder, worker].into_iter().flatten().min()
    }

    async fn farm_time(self: Rc<Self>) {
        let wake = &self.farm.wake;
        loop {
            let wait = wake.armed.get().map_or(Duration::MAX, |at| at.saturating_sub(now()));
            if timeout(wait, wake.sooner.notified()).await.is_ok() {
                continue;
            }
            wake.armed.set(None);
            self.hold(|held, now| held.holder.tick(now));
            self.work_on(|work, now| work.worker.tick(now));
            self.look_at_computer();
            if now() >= wake.told.get() + THERE_EVERY {
                wake.told.set(now());
                self.hold(|held, _| held.say_there());
            }
            self.farm_arm();
        }
    }
}
