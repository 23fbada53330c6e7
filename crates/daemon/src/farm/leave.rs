//! This host is going to leave: its tasks give way. Called by `invite`.

use crate::limits::VACATE_WITHIN;
use crate::shell::Shell;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often it is looked whether they are gone.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Shell {
    /// Takes no more tasks, and gives back those that it has; returns when none runs, or when that
    /// takes too long.
    pub(crate) async fn vacate(self: &Rc<Self>) {
        let deadline = Instant::now() + VACATE_WITHIN;
        let runs = || {
            // Again each time: the first work may come meanwhile.
            let vacate = self.work_on(|work, now| {
                work.observer.leaving = true;
                let (mode, unmet) = work.observer.allows();
                work.worker.mode(now, mode, unmet);
                !work.attempts.is_empty()
            });
            vacate.unwrap_or(false)
        };
        while runs() && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
    }
}
