//! Following a detached command: its kept output from the start, and what still comes.
//!
//! There is no credit here; a consumer that is slow makes the reader thread wait, so that the
//! socket itself holds the daemon back. Made by `Vm::attach`, on a connection of its own.

use super::controller::Controller;
use super::event::RunEvent;
use crate::answers::wait;
use crate::broadcast::Sender;
use crate::error::Failure;
use crate::limits::REPLAY_FRAMES_MAX;
use crate::link::{Inbox, Link, lock};
use crate::{CommandId, Error, Outcome};
use posse_wire::msg::{Attach, CommandEntry, Done, Exit};
use posse_wire::{Frame, Kind, Message, Rank, StreamChunk, limits};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// A detached command that is being followed. Dropping it does nothing to the command.
pub struct Attached {
    sender: Sender,
    replay: Arc<Replay>,
    entry: CommandEntry,
    /// Ranks that share one exit, not all told yet.
    exit: Option<Exit>,
    over: bool,
}

struct Replay {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Frame>,
    failure: Option<Failure>,
    /// The consumer is gone: nothing is kept.
    left: bool,
}

impl Attached {
    pub(crate) fn new(
        link: Arc<Link>,
        entry: CommandEntry,
        follow: bool,
    ) -> Result<Attached, Error> {
        let replay = Arc::new(Replay { state: Mutex::default(), news: Condvar::new() });
        link.register_as(entry.id, Arc::clone(&replay) as Arc<dyn Inbox>)?;
        let sender = Sender { link, id: entry.id };
        let attached = Attached { sender, replay, entry, exit: None, over: false };
        attached.sender.link.send(&[Attach { follow }.frame(attached.id())])?;
        Ok(attached)
    }

    pub fn id(&self) -> CommandId {
        self.entry.id
    }

    /// What the vm knows of the command: title, size, state when it was attached to.
    pub fn entry(&self) -> &CommandEntry {
        &self.entry
    }

    /// Signals, ends and resizes its processes.
    pub fn controller(&self) -> Controller {
        Controller::new(self.sender.clone(), self.entry.size)
    }

    /// The next event of the command, from its start on; `None` after the last one.
    /// Deadlines are as in [`Running::next_event`](crate::Running::next_event).
    pub fn next_event(&mut self, deadline: Option<Instant>) -> Result<Option<RunEvent>, Error> {
        loop {
            if let Some(event) = self.next_exit() {
                return Ok(Some(event));
            }
            if self.over {
                return Ok(None);
            }
            let frame = self.replay.next(deadline)?;
            let nonsense = |error| Failure::from(error).error(Outcome::Unknown);
            match frame.kind {
                Kind::Output => {
                    let chunk = StreamChunk::decode(&frame).map_err(nonsense)?;
                    self.check(chunk.rank, 1)?;
                    let StreamChunk { rank, fd, bytes, end, .. } = chunk;
                    return Ok(Some(RunEvent::Output { rank, fd, bytes, end }));
                }
                Kind::Exit => {
                    let exit = Exit::decode(&frame).map_err(nonsense)?;
                    self.check(exit.rank, exit.count)?;
                    self.exit = Some(exit);
                }
                _ => {
                    self.over = true;
                    let done = Done::decode(&frame).map_err(nonsense)?;
                    if let Some(reason) = done.error {
                        return Err(Error::NotDone { reason });
                    }
                }
            }
        }
    }

    fn next_exit(&mut self) -> Option<RunEvent> {
        let exit = self.exit.as_mut().filter(|exit| exit.count > 0)?;
        let (rank, status) = (exit.rank, exit.status.clone());
        exit.rank.0 += 1;
        exit.count -= 1;
        Some(RunEvent::Exit { rank, status, elapsed: Duration::from_micros(exit.elapsed_us) })
    }

    fn check(&self, rank: Rank, count: u32) -> Result<(), Error> {
        if rank.0.checked_add(count).is_some_and(|end| end <= self.entry.size) {
            return Ok(());
        }
        let text = format!("process {} of a command of {}", rank.0, self.entry.size);
        Err(Failure::Nonsense(text).error(Outcome::Unknown))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.sender.link.forget(self.sender.id);
        let mut state = lock(&self.replay.state);
        state.left = true;
        state.frames.clear();
        self.replay.news.notify_all();
    }
}

impl Replay {
    fn next(&self, deadline: Option<Instant>) -> Result<Frame, Error> {
        let mut state = lock(&self.state);
        loop {
            if let Some(frame) = state.frames.pop_front() {
                self.news.notify_all();
                return Ok(frame);
            }
            if let Some(failure) = &state.failure {
                return Err(failure.error(Outcome::Unknown));
            }
            state = wait(&self.news, state, deadline).ok_or(Error::Deadline)?;
        }
    }
}

impl Inbox for Replay {
    fn deliver(&self, frame: Frame) -> Result<(), Failure> {
        if !matches!(frame.kind, Kind::Output | Kind::Exit | Kind::Done) {
            let name = frame.kind.name();
            return Err(Failure::Nonsense(format!("{name} for a command that is followed")));
        }
        debug_assert!(frame.body.len() <= limits::CONTROL_FRAME_BYTES_MAX);
        let mut state = lock(&self.state);
        while state.frames.len() >= REPLAY_FRAMES_MAX && !state.left {
            state = match wait(&self.news, state, None) {
                Some(state) => state,
                None => return Ok(()),
            };
        }
        if !state.left {
            state.frames.push_back(frame);
            self.news.notify_all();
        }
        Ok(())
    }

    fn fail(&self, failure: &Failure) {
        lock(&self.state).failure = Some(failure.clone());
        self.news.notify_all();
    }
}
