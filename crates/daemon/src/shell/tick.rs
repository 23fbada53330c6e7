//! Wakes the state machine when it asked for it, and at no other time.

use super::core::Shell;
use posse_proto::Input;
use std::rc::Rc;
use std::time::Duration;

impl Shell {
    /// After each input: if the next deadline moved forward, the timer must know.
    pub(super) fn arm(&self) {
        let next = self.daemon.borrow().next_tick();
        let earlier = match (next, self.armed.get()) {
            (Some(next), Some(armed)) => next < armed,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if earlier {
            self.tick.notify_one();
        }
    }

    /// The timer's task.
    pub async fn keep_time(self: Rc<Self>) {
        loop {
            let next = self.daemon.borrow().next_tick();
            self.armed.set(next);
            let Some(next) = next else {
                self.tick.notified().await;
                continue;
            };
            let wait = Duration::from_micros(next.0.saturating_sub(self.now().0));
            tokio::select! {
                () = tokio::time::sleep(wait) => {
                    // Armed anew below; until then nothing is earlier than now.
                    self.armed.set(Some(self.now()));
                    self.feed(Input::Tick);
                }
                () = self.tick.notified() => {}
            }
        }
    }
}
