//! The stdin of all processes as one [`Write`]: the writer waits for the slowest.
//!
//! The thread that writes is the one that sends; there is no other. Given out by `Running::stdin`.

use super::fanout::Pushed;
use super::input::{Input, Sender, State, Stepped};
use super::policy::Policy;
use crate::Error;
use crate::answers::wait;
use crate::link::lock;
use std::io::{self, Write};
use std::sync::Arc;

/// Writes to the same input of every process of a command.
///
/// A `write` returns when its bytes are on their way; it waits while the slowest process has no
/// room, and fails with [`io::ErrorKind::BrokenPipe`] when no process reads any more. Dropping it
/// ends the stream, as [`Stdin::close`] does.
pub struct Stdin {
    sender: Sender,
    input: Arc<Input>,
    closed: bool,
    /// Taken from an asynchronous write that has not been told yet.
    #[cfg(feature = "async")]
    pub(crate) owed: usize,
}

impl Stdin {
    pub(crate) fn new(sender: Sender, input: Arc<Input>) -> Option<Stdin> {
        input.take(Policy::Block).then(|| Stdin {
            sender,
            input,
            closed: false,
            #[cfg(feature = "async")]
            owed: 0,
        })
    }

    /// Ends the stream: every process reads end of file after what was written.
    pub fn close(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        if std::mem::replace(&mut self.closed, true) {
            return Ok(());
        }
        lock(&self.input.state).fanout.finish();
        self.send_until(|state| state.fanout.is_over())
    }

    /// Sends and waits until `done`.
    fn send_until(&self, done: impl Fn(&State) -> bool) -> Result<(), Error> {
        loop {
            let stepped = self.input.step(&self.sender, |_| {})?;
            let mut state = lock(&self.input.state);
            while stepped == Stepped::Idle(state.version) {
                if done(&state) {
                    return Ok(());
                }
                state.check()?;
                state = wait(&self.input.news, state, None).ok_or(Error::Deadline)?;
            }
        }
    }
}

impl Write for Stdin {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        loop {
            let mut state = lock(&self.input.state);
            state.check()?;
            let pushed = state.fanout.push(bytes);
            drop(state);
            self.send_until(|state| state.fanout.unsent() == 0)?;
            match pushed {
                Pushed::Took(count) => return Ok(count),
                Pushed::Full => {}
                Pushed::Nobody => return Err(Error::InputClosed.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        // All that was written has been sent, so this sends one frame; where the connection is
        // over there is nobody to end the stream for.
        let _ = self.end();
    }
}

#[cfg(feature = "async")]
mod asynchronous {
    use super::*;
    use std::task::{Context, Poll, ready};

    impl Stdin {
        pub(crate) fn poll_push(
            &mut self,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<Result<usize, Error>> {
            while self.owed == 0 {
                let mut state = lock(&self.input.state);
                state.check()?;
                let pushed = state.fanout.push(bytes);
                drop(state);
                match pushed {
                    Pushed::Took(count) => self.owed = count,
                    Pushed::Full => ready!(self.poll_sent(cx))?,
                    Pushed::Nobody => return Poll::Ready(Err(Error::InputClosed)),
                }
            }
            ready!(self.poll_sent(cx))?;
            Poll::Ready(Ok(std::mem::take(&mut self.owed)))
        }

        pub(crate) fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
            self.poll_until(cx, |state| state.fanout.unsent() == 0)
        }

        pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
            self.closed = true;
            lock(&self.input.state).fanout.finish();
            self.poll_until(cx, |state| state.fanout.is_over())
        }

        fn poll_until(
            &self,
            cx: &mut Context<'_>,
            done: impl Fn(&State) -> bool,
        ) -> Poll<Result<(), Error>> {
            loop {
                let stepped = self.input.step(&self.sender, |_| {})?;
                let mut state = lock(&self.input.state);
                if stepped != Stepped::Idle(state.version) {
                    continue;
                }
                if done(&state) {
                    return Poll::Ready(Ok(()));
                }
                state.check()?;
                state.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
    }
}
