//! Where the frames of a running command arrive. The reader thread fills it and never waits here;
//! consumers (`running`, `readers`) take from it.

use super::queue::{Queue, Taken};
use crate::answers::wait;
use crate::broadcast::{Input, Sender};
use crate::error::Failure;
use crate::link::{Inbox, lock};
use crate::{Error, Outcome};
use posse_wire::msg::{Exit, Status};
use posse_wire::{Fd, Frame, Kind, Message, Rank, StreamAck, StreamChunk};
use std::sync::{Arc, Condvar, Mutex};
use std::task::Waker;
use std::time::Instant;

/// What can arrive for a command: known when it is started.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) size: u32,
    /// Descriptors of the carried outputs.
    pub(crate) outputs: Vec<Fd>,
    pub(crate) window: u32,
}

pub(crate) struct RunInbox {
    pub(super) state: Mutex<State>,
    /// For those who wait for the command as a whole.
    news: Condvar,
    inputs: Vec<Arc<Input>>,
}

pub(super) struct State {
    pub(super) queue: Queue,
    pub(super) failure: Option<Failure>,
    pub(super) waker: Option<Waker>,
    /// The time of the whole command is over, and its end was asked for.
    out_of_time: bool,
}

impl RunInbox {
    pub(crate) fn new(shape: Shape, inputs: Vec<Arc<Input>>) -> RunInbox {
        let state =
            State { queue: Queue::new(shape), failure: None, waker: None, out_of_time: false };
        RunInbox { state: Mutex::new(state), news: Condvar::new(), inputs }
    }

    /// Where what must be sent again goes.
    pub(crate) fn goes_to(&self, sender: &Sender) {
        self.inputs.iter().for_each(|input| input.goes_to(sender));
    }

    pub(super) fn input(&self, fd: Fd) -> Option<&Arc<Input>> {
        self.inputs.iter().find(|input| input.fd() == fd)
    }

    /// The next event; `None` when all is over.
    pub(super) fn next(&self, deadline: Option<Instant>) -> Result<Option<Taken>, Error> {
        let mut state = lock(&self.state);
        loop {
            if let Some(taken) = state.queue.take() {
                return Ok(Some(taken));
            }
            if state.queue.has_exited() {
                return Ok(None);
            }
            if let Some(failure) = &state.failure {
                return Err(failure.error(Outcome::Unknown));
            }
            state = wait(&self.news, state, deadline).ok_or(Error::Deadline)?;
        }
    }

    pub(super) fn cut_off(&self, rank: Rank) {
        let mut state = lock(&self.state);
        state.queue.cut_off(rank);
        self.tell(&mut state);
    }

    fn tell(&self, state: &mut State) {
        self.news.notify_all();
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    fn output(&self, chunk: StreamChunk) -> Result<(), Failure> {
        let (rank, fd) = (chunk.rank, chunk.fd);
        let mut state = lock(&self.state);
        state.queue.output(chunk)?;
        match state.queue.stream(rank, fd) {
            Some(stream) if stream.reader.is_some() => stream.tell(),
            _ => self.tell(&mut state),
        }
        Ok(())
    }

    /// True where the command is over, or nobody wants it any more, before `deadline`. What runs
    /// then counts as ended by the time limit.
    pub(crate) fn over_before(&self, deadline: Instant) -> bool {
        let mut state = lock(&self.state);
        while !state.queue.has_exited() && state.failure.is_none() {
            match wait(&self.news, state, Some(deadline)) {
                Some(again) => state = again,
                None => {
                    lock(&self.state).out_of_time = true;
                    return false;
                }
            }
        }
        true
    }

    fn exit(&self, mut exit: Exit) -> Result<(), Failure> {
        let mut state = lock(&self.state);
        // However it took its end; one that never ran, or was lost, keeps its reason.
        if state.out_of_time && matches!(exit.status, Status::Exited(_) | Status::Signaled(_)) {
            exit.status = Status::TimedOut;
        }
        let ranks = state.queue.exit(exit)?;
        for stream in state.queue.streams_of(ranks.clone()) {
            stream.tell();
        }
        self.tell(&mut state);
        drop(state);
        for input in &self.inputs {
            input.exited(ranks.clone());
        }
        Ok(())
    }

    fn input_acknowledged(&self, ack: StreamAck) -> Result<(), Failure> {
        match self.input(ack.fd) {
            Some(input) => input.acknowledged(ack),
            None => Err(Failure::Nonsense(format!("InputAck for descriptor {}", ack.fd.0))),
        }
    }
}

impl Inbox for RunInbox {
    fn deliver(&self, frame: Frame) -> Result<(), Failure> {
        match frame.kind {
            Kind::Output => self.output(StreamChunk::decode(&frame)?),
            Kind::Exit => self.exit(Exit::decode(&frame)?),
            Kind::InputAck => self.input_acknowledged(StreamAck::decode(&frame)?),
            other => Err(Failure::Nonsense(format!("{} for a command", other.name()))),
        }
    }

    fn fail(&self, failure: &Failure) {
        let mut state = lock(&self.state);
        state.failure.get_or_insert_with(|| failure.clone());
        for stream in state.queue.all_streams() {
            stream.tell();
        }
        self.tell(&mut state);
        drop(state);
        for input in &self.inputs {
            input.fail(failure);
        }
    }
}
