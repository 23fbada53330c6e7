//! A command's outputs as blocking readers, one each, for a consumer with a thread per stream.
//! Made by `Running::into_readers`.

use super::event::RunEvent;
use super::running::{Core, Lease};
use super::statuses::{Ended, Statuses};
use crate::link::lock;
use crate::{Error, Fd, Outcome, Rank};
use posse_wire::StreamAck;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, PoisonError};

/// One output of one process. Dropping it before its end closes it, as `| head` would.
pub struct OutputReader {
    core: Arc<Core>,
    rank: Rank,
    fd: Fd,
    news: Arc<Condvar>,
}

/// The exits of a command whose outputs are read one by one. Dropping it ends the command.
pub struct Exits {
    lease: Lease,
    ended: Vec<Ended>,
}

pub(super) fn split(lease: Lease, ended: Vec<Ended>) -> (Vec<OutputReader>, Exits) {
    let core = &lease.0;
    let mut state = lock(&core.inbox.state);
    state.queue.give_readers();
    let shape = state.queue.shape().clone();
    let mut readers = Vec::with_capacity(shape.size as usize * shape.outputs.len());
    for rank in (0..shape.size).map(Rank) {
        for fd in shape.outputs.iter().copied() {
            let news = Arc::new(Condvar::new());
            if let Some(stream) = state.queue.stream(rank, fd) {
                stream.reader = Some(Arc::clone(&news));
            }
            readers.push(OutputReader { core: Arc::clone(core), rank, fd, news });
        }
    }
    drop(state);
    (readers, Exits { lease, ended })
}

impl OutputReader {
    pub fn rank(&self) -> Rank {
        self.rank
    }

    pub fn fd(&self) -> Fd {
        self.fd
    }

    /// What is there now; `None` where nothing is and something may come.
    fn try_read(&self, state: &mut super::inbox::State, out: &mut [u8]) -> Option<Got> {
        let window = u64::from(state.queue.shape().window);
        let exited = state.queue.is_exited(self.rank);
        let stream = state.queue.stream(self.rank, self.fd)?;
        let count = stream.read(out);
        if count > 0 {
            let (rank, fd) = (self.rank, self.fd);
            let ack = stream.due_ack(window).filter(|_| !exited);
            let ack = ack.map(|offset| StreamAck { rank, fd, offset, closed: false, again: false });
            return Some(Got::Bytes(count, ack));
        }
        if stream.is_ended() || exited {
            return Some(Got::Bytes(0, None));
        }
        state.failure.as_ref().map(|failure| Got::Error(failure.error(Outcome::Unknown)))
    }

    fn finish(&self, got: Got) -> io::Result<usize> {
        match got {
            Got::Bytes(count, ack) => {
                self.core.acknowledge(ack.as_slice());
                Ok(count)
            }
            Got::Error(error) => Err(error.into()),
        }
    }
}

enum Got {
    Bytes(usize, Option<StreamAck>),
    Error(Error),
}

impl Read for OutputReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let mut state = lock(&self.core.inbox.state);
        loop {
            if let Some(got) = self.try_read(&mut state, out) {
                drop(state);
                return self.finish(got);
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for OutputReader {
    fn drop(&mut self) {
        self.core.close_outputs(std::iter::once((self.rank, self.fd)));
    }
}

impl Exits {
    /// Waits until every process is over. Read or drop the readers meanwhile.
    pub fn wait(mut self) -> Result<Statuses, Error> {
        while let Some(taken) = self.lease.0.inbox.next(None)? {
            if let RunEvent::Exit { rank, status, elapsed } = taken.event {
                self.ended.push(Ended { rank, status, elapsed });
            }
        }
        Ok(Statuses::new(std::mem::take(&mut self.ended)))
    }
}

#[cfg(feature = "async")]
impl OutputReader {
    pub(crate) fn poll_output(
        &mut self,
        cx: &mut std::task::Context<'_>,
        out: &mut [u8],
    ) -> std::task::Poll<io::Result<usize>> {
        let mut state = lock(&self.core.inbox.state);
        if let Some(got) = self.try_read(&mut state, out) {
            drop(state);
            return std::task::Poll::Ready(self.finish(got));
        }
        if let Some(stream) = state.queue.stream(self.rank, self.fd) {
            stream.waker = Some(cx.waker().clone());
        }
        std::task::Poll::Pending
    }
}
