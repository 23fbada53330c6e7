//! The merge point of a bidirectional pipe: input for all processes that never waits for a slow
//! one, up to a limit. What the slow have not read is kept in memory, then on disk.
//!
//! One thread per broadcast sends, since acknowledgements of the slow come when nobody writes.
//! Given out by `Running::broadcast`.

use super::fanout::{Action, Pushed};
use super::input::{Input, Sender, State, Stepped};
use super::policy::{Policy, SpillLimits};
use crate::Error;
use crate::answers::wait;
use crate::link::lock;
use posse_wire::{Rank, limits};
use std::io::{self, Write};
use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::Instant;

/// Writes to the same input of every process of a command, without waiting for the slow.
///
/// A process that is still behind when the limits are used up is ended, which the command's
/// events say as `CutOff`; the others go on. Where no single process is behind and all of them
/// together are slow, a write waits for them, and gives up the slowest if none of them reads
/// anything for [`limits::DOWN_AFTER`]. Dropping it ends the stream after what was written.
pub struct Broadcast {
    input: Arc<Input>,
}

impl Broadcast {
    pub(crate) fn new(
        sender: Sender,
        input: Arc<Input>,
        spill: SpillLimits,
        cut_off: impl Fn(Rank) + Send + 'static,
    ) -> Result<Option<Broadcast>, Error> {
        if !input.take(Policy::Spill(spill)) {
            return Ok(None);
        }
        let pump = Pump { sender, input: Arc::clone(&input), cut_off };
        let thread = thread::Builder::new().name("posse-broadcast".to_owned());
        thread.spawn(move || pump.run()).map_err(Error::Thread)?;
        Ok(Some(Broadcast { input }))
    }

    /// Ends the stream. What is kept for the slow is still sent to them.
    pub fn finish(self) {}
}

impl Write for Broadcast {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let mut state = lock(&self.input.state);
        loop {
            state.check()?;
            let pushed = state.fanout.push(bytes);
            state.version += 1;
            state.wants_room = pushed == Pushed::Full;
            self.input.news.notify_all();
            match pushed {
                Pushed::Took(count) => return Ok(count),
                Pushed::Nobody => return Err(Error::InputClosed.into()),
                Pushed::Full => {}
            }
            state = wait(&self.input.news, state, None).ok_or(Error::Deadline)?;
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        let mut state = lock(&self.input.state);
        state.fanout.finish();
        state.version += 1;
        drop(state);
        self.input.news.notify_all();
    }
}

struct Pump<F> {
    sender: Sender,
    input: Arc<Input>,
    cut_off: F,
}

impl<F: Fn(Rank)> Pump<F> {
    /// Until everything is sent to everybody who is left, or the connection is over.
    fn run(self) {
        loop {
            let stepped = self.input.step(&self.sender, |action| {
                // A writer may wait for the room that this made.
                self.input.news.notify_all();
                if let Action::CutOff { rank } = action {
                    (self.cut_off)(*rank);
                }
            });
            let mut state = lock(&self.input.state);
            match stepped {
                _ if state.failure.is_some() => return,
                // Sent, or news came since: another step.
                Ok(stepped) if stepped != Stepped::Idle(state.version) => {}
                Ok(_) if state.fanout.is_over() => return,
                Ok(_) => drop(self.idle(state)),
                // The disk does not give back what the slowest need: they cannot be served.
                Err(Error::Spill(_)) if state.fanout.cut_slowest() => {}
                // The reader thread is about to say why.
                Err(_) => return,
            }
        }
    }

    /// Nothing can be sent now: makes room for a writer who waits, or waits for news.
    fn idle<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if !state.wants_room {
            return wait(&self.input.news, state, None).unwrap_or_else(|| lock(&self.input.state));
        }
        if state.fanout.cut_lagging() {
            state.wants_room = false;
            self.input.news.notify_all();
            return state;
        }
        let stalled = state.progress + limits::DOWN_AFTER;
        if Instant::now() >= stalled {
            state.fanout.cut_slowest();
            state.progress = Instant::now();
            return state;
        }
        wait(&self.input.news, state, Some(stalled)).unwrap_or_else(|| lock(&self.input.state))
    }
}
