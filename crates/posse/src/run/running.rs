//! A command that runs: its events, its inputs, its end. Made by `Vm::run`.

use super::controller::Controller;
use super::event::{RankInfo, RunEvent};
use super::inbox::RunInbox;
use super::readers::{self, Exits, OutputReader};
use super::statuses::{Ended, Statuses};
use crate::broadcast::{Broadcast, Sender, SpillLimits, Stdin};
use crate::error::Failure;
use crate::link::{Inbox, lock};
use crate::{CommandId, Error, Fd, Rank, WindowSize};
use posse_wire::msg::End;
use posse_wire::{Kind, Message, StreamAck};
use std::sync::Arc;
use std::time::Instant;

/// A command that was sent to its hosts.
///
/// Credit follows consumption: a process may have written a window (at most 256 KiB) that was not
/// taken by [`Running::next_event`] yet; beyond that its `write(2)` waits. Dropping a command that
/// is not over ends it, everywhere.
pub struct Running {
    lease: Lease,
    ended: Vec<Ended>,
}

/// What all handles of a command share.
pub(super) struct Core {
    pub(super) sender: Sender,
    pub(super) inbox: Arc<RunInbox>,
    ranks: Vec<RankInfo>,
}

/// Ends the command when it is dropped before the command is over.
pub(super) struct Lease(pub(super) Arc<Core>);

impl Drop for Lease {
    fn drop(&mut self) {
        let Core { sender, inbox, .. } = &*self.0;
        if !lock(&inbox.state).queue.has_exited() {
            let signal = rustix::process::Signal::TERM.as_raw() as u8;
            // Where the connection is lost the daemon ends the command by itself.
            let _ = sender.link.send(&[End { rank: None, signal }.frame(sender.id)]);
        }
        sender.link.forget(sender.id);
        inbox.fail(&Failure::Closed);
    }
}

impl Core {
    /// An acknowledgement that cannot be sent belongs to a lost connection, which the next wait
    /// reports after what has arrived before.
    pub(super) fn acknowledge(&self, acks: &[StreamAck]) {
        let frame = |ack: &StreamAck| ack.frame(Kind::OutputAck, self.sender.id);
        let frames: Vec<_> = acks.iter().map(frame).collect();
        if !frames.is_empty() {
            let _ = self.sender.link.send(&frames);
        }
    }

    pub(super) fn close_outputs(&self, streams: impl Iterator<Item = (Rank, Fd)>) {
        let mut acks = Vec::new();
        let mut state = lock(&self.inbox.state);
        for (rank, fd) in streams {
            let offset = state.queue.stream(rank, fd).and_then(|stream| stream.close());
            let over = state.queue.is_exited(rank);
            let ack =
                offset.map(|offset| StreamAck { rank, fd, offset, closed: true, again: false });
            acks.extend(ack.filter(|_| !over));
        }
        drop(state);
        self.acknowledge(&acks);
    }
}

impl Running {
    pub(crate) fn new(sender: Sender, inbox: Arc<RunInbox>, ranks: Vec<RankInfo>) -> Running {
        Running { lease: Lease(Arc::new(Core { sender, inbox, ranks })), ended: Vec::new() }
    }

    /// Its id in the vm; the number that people type is in [`Vm::commands`](crate::Vm::commands).
    pub fn id(&self) -> CommandId {
        self.lease.0.sender.id
    }

    /// Its processes, in the order of ranks.
    pub fn ranks(&self) -> &[RankInfo] {
        &self.lease.0.ranks
    }

    /// The next thing that happened; `None` when every process is over and all was taken.
    ///
    /// With a deadline that passes it fails with [`Error::Deadline`], and may be called again.
    /// Waits without one end at the latest when the daemon says that what is waited for is lost.
    pub fn next_event(&mut self, deadline: Option<Instant>) -> Result<Option<RunEvent>, Error> {
        let core = &self.lease.0;
        let Some(taken) = core.inbox.next(deadline)? else { return Ok(None) };
        core.acknowledge(taken.ack.as_slice());
        if let RunEvent::Exit { rank, status, elapsed } = &taken.event {
            let (rank, status, elapsed) = (*rank, status.clone(), *elapsed);
            self.ended.push(Ended { rank, status, elapsed });
        }
        Ok(Some(taken.event))
    }

    /// Waits until every process is over; what they still write is dropped.
    pub fn wait(mut self) -> Result<Statuses, Error> {
        while self.next_event(None)?.is_some() {}
        Ok(self.statuses())
    }

    /// How those processes ended whose exits were taken by now.
    pub fn statuses(&self) -> Statuses {
        Statuses::new(self.ended.clone())
    }

    /// No more of this output is wanted (as `| head`): the process gets SIGPIPE when it writes.
    pub fn close_output(&self, rank: Rank, fd: Fd) -> Result<(), Error> {
        self.check(Some(rank))?;
        self.lease.0.close_outputs(std::iter::once((rank, fd)));
        Ok(())
    }

    /// As [`Running::close_output`], for all processes at once.
    pub fn close_all_outputs(&self, fd: Fd) {
        self.lease.0.close_outputs(self.ranks().iter().map(|info| (info.rank, fd)));
    }

    fn check(&self, rank: Option<Rank>) -> Result<(), Error> {
        match rank {
            Some(rank) if rank.0 as usize >= self.ranks().len() => Err(Error::NoSuchRank(rank)),
            _ => Ok(()),
        }
    }

    /// Signals, ends and resizes the processes from another thread.
    pub fn controller(&self) -> Controller {
        let size = self.ranks().len() as u32;
        Controller::new(self.lease.0.sender.clone(), size)
    }

    /// See [`Controller::signal`].
    pub fn signal(&self, rank: Option<Rank>, signal: u8) -> Result<(), Error> {
        self.controller().signal(rank, signal)
    }

    /// See [`Controller::end`].
    pub fn end(&self, rank: Option<Rank>) -> Result<(), Error> {
        self.controller().end(rank)
    }

    /// See [`Controller::resize`].
    pub fn resize(&self, size: WindowSize) -> Result<(), Error> {
        self.controller().resize(size)
    }

    /// The stdin of all processes. `None` where the command was not given one
    /// ([`Command::stdin`](crate::Command::stdin)), or where it was taken before.
    pub fn stdin(&self) -> Option<Stdin> {
        self.input(Fd::STDIN)
    }

    /// As [`Running::stdin`], for another input descriptor.
    pub fn input(&self, fd: Fd) -> Option<Stdin> {
        let core = &self.lease.0;
        let input = core.inbox.input(fd)?;
        Stdin::new(core.sender.clone(), Arc::clone(input))
    }

    /// An input of all processes that does not wait for the slow; `None` as with
    /// [`Running::stdin`], of which it takes the place.
    pub fn broadcast(&self, fd: Fd, spill: SpillLimits) -> Result<Option<Broadcast>, Error> {
        let core = &self.lease.0;
        let Some(input) = core.inbox.input(fd) else { return Ok(None) };
        let inbox = Arc::clone(&core.inbox);
        let cut_off = move |rank| inbox.cut_off(rank);
        Broadcast::new(core.sender.clone(), Arc::clone(input), spill, cut_off)
    }

    /// Every output as a blocking reader of its own, in the order of ranks and descriptors, and
    /// the exits by themselves. Each reader must be read or dropped, or its process waits.
    pub fn into_readers(self) -> (Vec<OutputReader>, Exits) {
        readers::split(self.lease, self.ended)
    }
}

#[cfg(feature = "async")]
impl Running {
    /// [`Running::next_event`] for an asynchronous caller.
    pub async fn next_event_async(&mut self) -> Result<Option<RunEvent>, Error> {
        std::future::poll_fn(|cx| {
            let mut state = lock(&self.lease.0.inbox.state);
            state.waker = Some(cx.waker().clone());
            drop(state);
            match self.next_event(Some(Instant::now())) {
                Err(Error::Deadline) => std::task::Poll::Pending,
                other => std::task::Poll::Ready(other),
            }
        })
        .await
    }
}
