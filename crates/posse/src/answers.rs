//! Waiting for the answers to a request: a bounded queue of frames under one id.
//!
//! Not for commands, whose frames need credit (`run`). Called by everything in `vm`.

use crate::Error;
use crate::error::Failure;
use crate::link::{Inbox, Link, lock};
use posse_wire::msg::Done;
use posse_wire::{CommandId, Frame, Kind, Message, Outcome, limits};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

/// What a full queue does with one more frame.
#[derive(Copy, Clone)]
pub(crate) enum WhenFull {
    /// The daemon promised fewer: it is out of its mind.
    Refuse,
    /// The oldest is dropped and counted.
    DropOldest,
    /// All queued frames that only show progress are dropped.
    Thin(fn(&Frame) -> bool),
}

struct Answers {
    kinds: &'static [Kind],
    bound: usize,
    when_full: WhenFull,
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Frame>,
    missed: u64,
    failure: Option<Failure>,
}

/// A request that was sent; dropping it forgets what still comes.
pub(crate) struct Pending {
    link: Arc<Link>,
    id: CommandId,
    answers: Arc<Answers>,
}

impl Pending {
    /// Sends the request that `frame` builds for its id. `kinds` are the answers it may get.
    pub(crate) fn send(
        link: &Arc<Link>,
        kinds: &'static [Kind],
        bound: usize,
        when_full: WhenFull,
        frame: impl FnOnce(CommandId) -> Frame,
    ) -> Result<Pending, Error> {
        let (state, news) = (Mutex::default(), Condvar::new());
        let answers = Arc::new(Answers { kinds, bound, when_full, state, news });
        let id = link.register(Arc::clone(&answers) as Arc<dyn Inbox>)?;
        let pending = Pending { link: Arc::clone(link), id, answers };
        let frame = frame(id);
        check_size(&frame)?;
        pending.link.send(&[frame])?;
        Ok(pending)
    }

    /// Another frame under the same id.
    pub(crate) fn send_more(&self, message: &impl Message) -> Result<(), Error> {
        self.link.send(&[message.frame(self.id)])
    }

    /// The next answer; without a deadline it waits as long as the daemon lives.
    pub(crate) fn next(&self, deadline: Option<Instant>) -> Result<Frame, Error> {
        let mut state = lock(&self.answers.state);
        loop {
            if let Some(frame) = state.frames.pop_front() {
                return Ok(frame);
            }
            if let Some(failure) = &state.failure {
                return Err(failure.error(Outcome::Unknown));
            }
            state = wait(&self.answers.news, state, deadline).ok_or(Error::Deadline)?;
        }
    }

    /// The one answer of a request that takes no time.
    pub(crate) fn only(&self, what: &'static str) -> Result<Frame, Error> {
        let within = limits::QUERY_WITHIN;
        self.next(Some(Instant::now() + within)).map_err(|error| match error {
            Error::Deadline => Error::TimedOut { what, within, outcome: Outcome::Unknown },
            other => other,
        })
    }

    /// As [`Pending::only`], for a request that is answered by `Done`.
    pub(crate) fn done(&self, what: &'static str) -> Result<(), Error> {
        let done: Done = decode(&self.only(what)?)?;
        done.error.map_or(Ok(()), |reason| Err(Error::NotDone { reason }))
    }

    /// How many frames were dropped since this was last asked.
    pub(crate) fn take_missed(&self) -> u64 {
        std::mem::take(&mut lock(&self.answers.state).missed)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.link.forget(self.id);
    }
}

impl Inbox for Answers {
    fn deliver(&self, frame: Frame) -> Result<(), Failure> {
        if !self.kinds.contains(&frame.kind) {
            let name = frame.kind.name();
            return Err(Failure::Nonsense(format!("{name} is no answer to this request")));
        }
        let mut state = lock(&self.state);
        if state.frames.len() >= self.bound {
            match self.when_full {
                WhenFull::Refuse => {}
                WhenFull::DropOldest => {
                    state.frames.pop_front();
                    state.missed += 1;
                }
                WhenFull::Thin(is_progress) => state.frames.retain(|one| !is_progress(one)),
            }
        }
        if state.frames.len() >= self.bound {
            let bound = self.bound;
            return Err(Failure::Nonsense(format!("more than {bound} answers to one request")));
        }
        state.frames.push_back(frame);
        self.news.notify_one();
        Ok(())
    }

    fn fail(&self, failure: &Failure) {
        lock(&self.state).failure = Some(failure.clone());
        self.news.notify_all();
    }
}

/// A frame over the limit would cost the connection; it is refused here with a name.
pub(crate) fn check_size(frame: &Frame) -> Result<(), Error> {
    let (bytes, max) = (frame.body.len(), frame.kind.body_max());
    if bytes <= max {
        return Ok(());
    }
    let name = frame.kind.name();
    Err(Error::Command(format!("a {name} of {bytes} bytes is over the limit of {max} bytes")))
}

pub(crate) fn decode<M: Message>(frame: &Frame) -> Result<M, Error> {
    M::decode(frame).map_err(|error| Failure::from(error).error(Outcome::Unknown))
}

/// Waits for news until the deadline; `None` when it has passed.
pub(crate) fn wait<'a, T>(
    news: &Condvar,
    guard: std::sync::MutexGuard<'a, T>,
    deadline: Option<Instant>,
) -> Option<std::sync::MutexGuard<'a, T>> {
    let Some(deadline) = deadline else {
        return Some(news.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner));
    };
    let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
    let waited = news.wait_timeout(guard, left);
    Some(waited.unwrap_or_else(std::sync::PoisonError::into_inner).0)
}
