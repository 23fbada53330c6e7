//! A process of the vm, as its own program sees it.

use super::Way;
use super::buffers::buffers;
use super::join::{self, Joined};
use super::progress::{Shared, State};
use crate::{Error, Vm};
use posse_message::{
    Engine, Envelope, Failure, Message, MessageId, Options, Received, RecvId, Scope, SendError,
    SendId, SendState, Want,
};
use posse_wire::{CommandId, ProcessId, limits};
use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One that takes part in messages, until it leaves or ends. Cheap to clone; every call may come
/// from any thread.
#[derive(Clone)]
pub struct Process {
    joined: Joined,
    /// Of the vm, as it was asked for: empty for the one that started this program.
    name: Arc<str>,
    shared: Arc<Shared>,
}

impl Process {
    /// Joins the vm that started this program; where none did, the default one of this computer.
    pub fn join() -> Result<Process, Error> {
        Process::with("", Options::default())
    }

    /// Joins the vm `name`, through the daemon of this computer. A program that was started by
    /// hand on any host of the vm may do so.
    pub fn join_vm(name: &str) -> Result<Process, Error> {
        Process::with(name, Options::default())
    }

    /// As [`Process::join_vm`], or [`Process::join`] where the name is empty.
    pub fn with(name: &str, options: Options) -> Result<Process, Error> {
        let (joined, connection) = join::join(name)?;
        let engine = Engine::new(joined.id, options).sharing(buffers().clone());
        Ok(Process {
            joined,
            name: name.into(),
            shared: Arc::new(Shared::new(engine, connection)?),
        })
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub fn id(&self) -> ProcessId {
        self.joined.id
    }

    /// The process that had this one started, where that was a process.
    pub fn parent(&self) -> Option<ProcessId> {
        self.joined.parent
    }

    /// The vm, for everything else: hosts, commands, names. A connection of its own.
    pub fn vm(&self) -> Result<Vm, Error> {
        Vm::of_process(&self.name)
    }

    /// The processes of the command that this one was started with, by rank; `None` where one is
    /// over. Empty for a process that posse did not start.
    pub fn members(&self) -> Result<Vec<Option<ProcessId>>, Error> {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        match (number("POSSE_COMMAND"), number("POSSE_SIZE")) {
            (Some(command), Some(size)) => {
                let size = usize::try_from(size).unwrap_or(0).min(limits::TARGETS_MAX);
                self.vm()?.members(CommandId(command), size)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Gives a message up for sending and returns. It is behind all that went to the same process
    /// before. [`Error::NotDone`] where there is no room, or that process is down.
    pub fn send(&self, message: Message) -> Result<SendId, Error> {
        let mut state = self.shared.lock()?;
        let id = state.engine.send(message).map_err(refused)?;
        self.shared.push(&mut state)?;
        Ok(id)
    }

    /// The same, where nobody will ask what has become of it.
    pub fn post(&self, message: Message) -> Result<(), Error> {
        let mut state = self.shared.lock()?;
        let id = state.engine.send(message).map_err(refused)?;
        state.engine.forget_send(id);
        self.shared.push(&mut state)
    }

    /// Waits until a send has come so far, or has failed. `None` where the deadline is over first;
    /// the send goes on.
    pub fn wait_send(
        &self,
        id: SendId,
        enough: impl Fn(&SendState) -> bool,
        deadline: Option<Instant>,
    ) -> Result<Option<SendState>, Error> {
        self.shared.wait(deadline, |state| {
            let known = state.engine.send_state(id)?;
            (known.failure.is_some() || enough(&known)).then_some(known)
        })
    }

    /// Waits for a message. [`Error::Deadline`] where none has come by then; an error of its own
    /// where the only process that could have sent it is down.
    pub fn receive(&self, want: Want, deadline: Option<Instant>) -> Result<Received, Error> {
        let id = self.shared.lock()?.engine.post(want).map_err(too_many)?;
        self.wait_receive(id, deadline)
    }

    pub(super) fn wait_receive(
        &self,
        id: RecvId,
        deadline: Option<Instant>,
    ) -> Result<Received, Error> {
        let done = |state: &mut State| state.engine.take_completed(id);
        match self.shared.wait(deadline, done) {
            Ok(Some(result)) => result.map_err(Error::from),
            Ok(None) => self.late(id),
            Err(error) => {
                self.shared.lock()?.engine.forget_receive(id);
                Err(error)
            }
        }
    }

    /// A message that had been met by the deadline and whose payload is under way is received.
    fn late(&self, id: RecvId) -> Result<Received, Error> {
        if self.shared.lock()?.engine.cancel(id) {
            return Err(Error::Deadline);
        }
        let result = self.shared.wait(None, |state| state.engine.take_completed(id))?;
        result.map_or(Err(Error::Deadline), |result| result.map_err(Error::from))
    }

    /// The envelope of the message that a receive would meet; waits for one until the deadline.
    pub fn probe(&self, want: &Want, deadline: Option<Instant>) -> Result<Option<Envelope>, Error> {
        self.shared.wait(deadline, |state| state.engine.probe(want).cloned())
    }

    /// Messages of a scope that nobody has received, in the order of arrival.
    pub fn waiting(&self, scope: Scope) -> Result<Vec<(MessageId, Envelope)>, Error> {
        let mut state = self.shared.lock()?;
        self.shared.turn(&mut state);
        Ok(state.engine.scan(scope).map(|(id, envelope)| (id, envelope.clone())).collect())
    }

    /// Receives one of those. `None` where somebody else has.
    pub fn take(&self, id: MessageId) -> Result<Option<Received>, Error> {
        let receive = {
            let mut state = self.shared.lock()?;
            if !state.engine.take(id) {
                return Ok(None);
            }
            state.engine.receive(id)
        };
        let Some(receive) = receive else { return Ok(None) };
        let result = self.shared.wait(None, |state| state.engine.take_completed(receive))?;
        result.transpose().map_err(Error::from)
    }

    /// Speaks to the engine: for faces that need more than is here.
    pub fn with_engine<T>(&self, ask: impl FnOnce(&mut Engine, Duration) -> T) -> Result<T, Error> {
        let now = self.shared.now();
        let mut state = self.shared.lock()?;
        self.shared.turn(&mut state);
        let answer = ask(&mut state.engine, now);
        self.shared.push(&mut state)?;
        Ok(answer)
    }

    /// Waits until this has an answer; for faces. It is given the engine, and the processes that
    /// are over and that nobody has taken out. `None` where the deadline is over first.
    pub fn wait_engine<T>(
        &self,
        deadline: Option<Instant>,
        mut ask: impl FnMut(&mut Engine, &mut VecDeque<ProcessId>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        self.shared.wait(deadline, |state| ask(&mut state.engine, &mut state.connection.gone))
    }

    /// Asks to be told when that process is over, whether or not messages go to it: it is then
    /// among those that [`Process::wait_engine`] hands on.
    pub fn follow(&self, peer: ProcessId) -> Result<(), Error> {
        let mut state = self.shared.lock()?;
        state.connection.follow(self.id(), peer);
        self.shared.push(&mut state)
    }

    /// How messages go to that process at this moment.
    pub fn way_to(&self, peer: ProcessId) -> Result<Way, Error> {
        Ok(self.shared.lock()?.paths.way(peer))
    }

    /// Has every wait look again: something else than a message has come.
    pub fn wake(&self) {
        self.shared.wake();
    }

    /// A descriptor that becomes readable when something has come for this process.
    pub fn descriptor(&self) -> Result<OwnedFd, Error> {
        let mut state = self.shared.lock()?;
        self.shared.watch(&mut state).map_err(Error::Thread)
    }

    /// Waits until all that was sent is delivered or can not be, then leaves: for others this
    /// process is over. `false` where the deadline came first.
    pub fn leave(self, deadline: Option<Instant>) -> Result<bool, Error> {
        let all = |state: &mut State| (!state.has_left()).then_some(());
        Ok(self.shared.wait(deadline, all)?.is_some())
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("id", &self.joined.id).finish_non_exhaustive()
    }
}

fn refused(error: SendError) -> Error {
    match error {
        SendError::Down(failure) => failure.into(),
        error => Error::NotDone { reason: error.to_string() },
    }
}

pub(super) fn too_many(error: posse_message::PostError) -> Error {
    Error::NotDone { reason: error.to_string() }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        let Failure { peer, outcome, .. } = failure;
        Error::PeerDown { peer, outcome }
    }
}
