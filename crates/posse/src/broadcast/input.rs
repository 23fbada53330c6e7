//! One input stream of a command: the fanout under its lock, where acknowledgements arrive.
//!
//! The reader thread comes here and must not wait: nothing is sent from here. Called by the inbox
//! of the command, and by the two writers, `stdin` and `spill`.

use super::fanout::{Action, Fanout};
use super::policy::Policy;
use super::store::TemporaryFile;
use crate::Error;
use crate::error::Failure;
use crate::link::{Link, lock};
use posse_wire::msg::End;
use posse_wire::{CommandId, Fd, Kind, Message, Outcome, Rank, StreamAck, StreamChunk};
use std::sync::{Arc, Condvar, Mutex};
use std::task::Waker;
use std::time::Instant;

pub(crate) struct Input {
    pub(super) fd: Fd,
    pub(super) state: Mutex<State>,
    pub(super) news: Condvar,
}

pub(super) struct State {
    pub(super) fanout: Fanout<TemporaryFile>,
    /// A writer has been given out.
    taken: bool,
    pub(super) failure: Option<Failure>,
    /// When a process last took something.
    pub(super) progress: Instant,
    /// A writer waits for room.
    pub(super) wants_room: bool,
    pub(super) waker: Option<Waker>,
}

impl Input {
    pub(crate) fn new(fd: Fd, size: u32, window: u32) -> Input {
        let fanout = Fanout::new(size, window, Policy::Block, TemporaryFile::default());
        let state = State {
            fanout,
            taken: false,
            failure: None,
            progress: Instant::now(),
            wants_room: false,
            waker: None,
        };
        Input { fd, state: Mutex::new(state), news: Condvar::new() }
    }

    pub(crate) fn fd(&self) -> Fd {
        self.fd
    }

    /// Makes the caller the only writer; false where there is one already.
    pub(super) fn take(&self, policy: Policy) -> bool {
        let mut state = lock(&self.state);
        if state.taken {
            return false;
        }
        state.fanout.set_policy(policy);
        state.taken = true;
        true
    }

    /// A frame from the hosts.
    pub(crate) fn acknowledged(&self, ack: StreamAck) -> Result<(), Failure> {
        let known = self.change(|state| {
            let known = state.fanout.ack(ack.rank, ack.offset);
            known && (!ack.closed || state.fanout.close(ack.rank))
        });
        if known {
            return Ok(());
        }
        let (rank, offset) = (ack.rank.0, ack.offset);
        Err(Failure::Nonsense(format!("InputAck of process {rank} up to {offset}")))
    }

    /// These processes are over.
    pub(crate) fn exited(&self, ranks: std::ops::Range<u32>) {
        self.change(|state| {
            for rank in ranks {
                state.fanout.close(Rank(rank));
            }
        });
    }

    /// No acknowledgement will come any more.
    pub(crate) fn fail(&self, failure: &Failure) {
        self.change(|state| {
            state.failure.get_or_insert_with(|| failure.clone());
        });
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        state.progress = Instant::now();
        let result = change(&mut state);
        self.news.notify_all();
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        result
    }
}

impl State {
    pub(super) fn check(&self) -> Result<(), Error> {
        match &self.failure {
            Some(failure) => Err(failure.error(Outcome::Unknown)),
            None => Ok(()),
        }
    }
}

/// What a writer needs besides the input: the way to the processes.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) link: Arc<Link>,
    pub(crate) id: CommandId,
}

impl Sender {
    /// Carries out an action of the fanout of `fd`.
    pub(super) fn perform(&self, fd: Fd, action: Action) -> Result<(), Error> {
        let frame = match action {
            Action::Send { to: rank, offset, bytes, end } => {
                StreamChunk { rank, fd, offset, end, bytes }.frame(Kind::Input, self.id)
            }
            Action::CutOff { rank } => {
                let signal = rustix::process::Signal::TERM.as_raw() as u8;
                End { rank: Some(rank), signal }.frame(self.id)
            }
        };
        self.link.send(&[frame])
    }
}
