//! Wakes the state machine when it asked for it, and at no other time: each input that moves its
//! next deadline moves the timer, so that a host whose parent's heartbeats come wakes for them
//! alone.

use super::core::Shell;
use posse_proto::{Input, Time};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// No deadline: as good as never.
const FAR: Duration = Duration::from_secs(30 * 24 * 3600);

/// The one timer of the state machine.
pub(super) struct Alarm {
    sleep: RefCell<Pin<Box<Sleep>>>,
    armed: Cell<Option<Time>>,
}

impl Alarm {
    /// Must be called within a tokio runtime.
    pub fn new() -> Alarm {
        let sleep = RefCell::new(Box::pin(sleep_until(Instant::now() + FAR)));
        Alarm { sleep, armed: Cell::new(None) }
    }
}

impl Shell {
    /// After each input: the timer is where the next deadline is.
    pub(super) fn arm(&self) {
        let next = self.daemon.borrow().next_tick();
        if self.alarm.armed.replace(next) != next {
            let wait = next.map(|next| Duration::from_micros(next.0.saturating_sub(self.now().0)));
            let at = Instant::now() + wait.unwrap_or(FAR);
            self.alarm.sleep.borrow_mut().as_mut().reset(at);
        }
    }

    /// The timer's task.
    pub async fn keep_time(self: Rc<Self>) {
        loop {
            poll_fn(|context| self.alarm.sleep.borrow_mut().as_mut().poll(context)).await;
            // Has fired: armed anew by what follows from the tick.
            self.alarm.armed.set(None);
            self.alarm.sleep.borrow_mut().as_mut().reset(Instant::now() + FAR);
            self.feed(Input::Tick);
        }
    }
}
