//! One input stream of a command: the fanout under its lock, where acknowledgements arrive.
//!
//! The reader thread comes here and must not wait: nothing is sent from here. Called by the inbox
//! of the command, and by the two writers, `stdin` and `spill`; what has to be sent again after a
//! lost link, when the writer may be gone, is sent by a thread of its own.

use super::fanout::{Action, Fanout};
use super::policy::Policy;
use super::store::TemporaryFile;
use crate::Error;
use crate::error::Failure;
use crate::link::{Link, lock};
use posse_wire::msg::End;
use posse_wire::{CommandId, Fd, Kind, Message, Outcome, Rank, StreamAck, StreamChunk};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, Weak};
use std::task::Waker;
use std::thread;
use std::time::Instant;

pub(crate) struct Input {
    pub(super) fd: Fd,
    pub(super) state: Mutex<State>,
    pub(super) news: Condvar,
    /// Held from an action's choice until it is sent, so that frames leave in their order.
    sending: Mutex<()>,
    way: OnceLock<(Weak<Link>, CommandId)>,
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
    /// A thread sends again what was lost.
    resending: bool,
    /// Grows with everything that may allow another action.
    pub(super) version: u64,
}

/// What a step towards the processes found.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(super) enum Stepped {
    Sent,
    /// Nothing to do in this version of the state.
    Idle(u64),
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
            resending: false,
            version: 0,
        };
        let (news, sending, way) = (Condvar::new(), Mutex::new(()), OnceLock::new());
        Input { fd, state: Mutex::new(state), news, sending, way }
    }

    /// Tells it the way to the processes, once there is one.
    pub(crate) fn goes_to(&self, sender: &Sender) {
        let _told_once = self.way.set((Arc::downgrade(&sender.link), sender.id));
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
    pub(crate) fn acknowledged(self: &Arc<Self>, ack: StreamAck) -> Result<(), Failure> {
        let mut resend = false;
        let known = self.change(|state| {
            if ack.again {
                let known = state.fanout.again(ack.rank, ack.offset);
                resend = known && !std::mem::replace(&mut state.resending, true);
                return known;
            }
            let known = state.fanout.ack(ack.rank, ack.offset);
            known && (!ack.closed || state.fanout.close(ack.rank))
        });
        if resend {
            let input = Arc::clone(self);
            let thread = thread::Builder::new().name("posse-resend".to_owned());
            thread.spawn(move || input.resend()).map_err(|error| {
                Failure::Read(format!("no thread to send input again: {error}"))
            })?;
        }
        if known {
            return Ok(());
        }
        let (rank, offset) = (ack.rank.0, ack.offset);
        Err(Failure::Nonsense(format!("InputAck of process {rank} up to {offset}")))
    }

    /// Serves those who lost something until they have it all.
    fn resend(&self) {
        let sender = self.way.get().and_then(|(link, id)| {
            let (link, id) = (link.upgrade()?, *id);
            Some(Sender { link, id })
        });
        let mut state = lock(&self.state);
        while let Some(sender) = &sender
            && state.failure.is_none()
            && !state.fanout.is_in_step()
        {
            drop(state);
            // A broken disk or link ends the command by other ways.
            let Ok(stepped) = self.step(sender, |_| {}) else { return };
            state = lock(&self.state);
            while stepped == Stepped::Idle(state.version) && state.failure.is_none() {
                state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        state.resending = false;
    }

    /// Carries out the next action, if there is one; `look` sees it first.
    pub(super) fn step(
        &self,
        sender: &Sender,
        look: impl FnOnce(&Action),
    ) -> Result<Stepped, Error> {
        let _turn = lock(&self.sending);
        let mut state = lock(&self.state);
        let Some(action) = state.fanout.next().map_err(Error::Spill)? else {
            return Ok(Stepped::Idle(state.version));
        };
        drop(state);
        look(&action);
        sender.perform(self.fd, action).map(|()| Stepped::Sent)
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
        state.version += 1;
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
    fn perform(&self, fd: Fd, action: Action) -> Result<(), Error> {
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
