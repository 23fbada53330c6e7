//! Receives that were begun: tested, waited for (one, any, all), cancelled, or awaited in a task of
//! any executor.
//!
//! Called by programs.

use super::process::{Process, too_many};
use super::progress::State;
use crate::Error;
use posse_message::{Failure, Received, RecvId, Want};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// A receive that was begun. Dropped, it takes nothing; a message that it had met is lost with it.
#[must_use]
pub struct Receiving {
    process: Process,
    /// None when its result was given.
    id: Option<RecvId>,
}

impl Process {
    /// Begins to receive. Of several that accept a message, the one that was begun first gets it.
    /// [`Error::NotDone`] where as many are begun as may be.
    pub fn begin_receive(&self, want: Want) -> Result<Receiving, Error> {
        let id = self.shared().lock()?.engine.post(want).map_err(too_many)?;
        Ok(Receiving { process: self.clone(), id: Some(id) })
    }
}

impl Receiving {
    /// Whether a wait would return at once.
    pub fn test(&self) -> Result<bool, Error> {
        let Some(id) = self.id else { return Ok(true) };
        self.process.with_engine(|engine, _| engine.is_complete(id))
    }

    /// As [`Process::receive`]. After [`Error::Deadline`] nothing is received.
    pub fn wait(mut self, deadline: Option<Instant>) -> Result<Received, Error> {
        let Some(id) = self.id.take() else { return Err(Error::Deadline) };
        self.process.wait_receive(id, deadline)
    }

    /// Takes it back: `None`, unless it had met a message, which is received then.
    pub fn cancel(self) -> Result<Option<Received>, Error> {
        match self.wait(Some(Instant::now())) {
            Ok(received) => Ok(Some(received)),
            Err(Error::Deadline) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits for any of these, which is taken out of the list: its place, and what it received.
    /// [`Error::Deadline`] where none is over by then, or the list is empty.
    pub fn wait_any(
        all: &mut Vec<Receiving>,
        deadline: Option<Instant>,
    ) -> Result<(usize, Received), Error> {
        let process = all.first().map(|one| one.process.clone()).ok_or(Error::Deadline)?;
        let ids: Vec<Option<RecvId>> = all.iter().map(|one| one.id).collect();
        let over = |state: &mut State| {
            ids.iter().position(|id| id.is_none_or(|id| state.engine.is_complete(id)))
        };
        let at = process.shared().wait(deadline, over)?.ok_or(Error::Deadline)?;
        Ok((at, all.remove(at).wait(None)?))
    }

    /// Waits for all of these, and gives what they received in the same order. At the first error
    /// the others are dropped.
    pub fn wait_all(
        all: Vec<Receiving>,
        deadline: Option<Instant>,
    ) -> Result<Vec<Received>, Error> {
        all.into_iter().map(|one| one.wait(deadline)).collect()
    }
}

impl Future for Receiving {
    type Output = Result<Received, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(id) = self.id else { return Poll::Ready(Err(Error::Deadline)) };
        let done = |state: &mut State| state.engine.take_completed(id);
        let polled = self.process.shared().poll_for(context.waker(), done);
        polled.map(|result: Result<Result<Received, Failure>, Error>| {
            self.id = None;
            result?.map_err(Error::from)
        })
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if let Some(id) = self.id
            && let Ok(mut state) = self.process.shared().lock()
        {
            state.engine.forget_receive(id);
        }
    }
}
