//! Messages between tasks: every one of PVM's is in one scope of the engine, and is matched here.
//!
//! A message's tag at the engine is its context and its tag; before its body stand encoding and
//! wait id, four bytes each, little-endian. What the vm says to a task (output of children) has
//! the attribute `VM`, since a task sends it. Called by `answers.rs`, `notify.rs`, `output.rs`.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use posse::ProcessId;
use posse::message::{
    Attributes, Engine, Envelope, Message, MessageId, Mode, RecvId, SendError, Want as EngineWant,
    buffers,
};
use posse::pvm::SCOPE;

use super::duty::SM_TASKX;
use super::error::code;
use super::ids::Lives;
use super::inbox::{Inbox, Progress};
use super::watches::{Due, Watches};
use super::{VmMachine, lock};
use crate::Tid;
use crate::buffer::{Buffer, Contents, Heading};
use crate::code::{PvmError, Result};
use crate::encoding::Encoding;
use crate::machine::{Arrival, Arrived, LABEL_BYTES, Label, Wait, Want};

/// The name of the attribute of what the vm says.
const VM: &str = "vm";

/// Ends that are remembered; when there are more they are asked for anew.
const OVER_MAX: usize = 1 << 16;

pub struct Messages {
    pub inbox: Inbox<RecvId>,
    pub lives: Lives,
    pub watches: Watches,
    /// Tasks whose end is asked for, and those that are over.
    followed: HashSet<Tid>,
    over: HashSet<Tid>,
    /// Tasks to which there are routes of this task's own, as PVM has them.
    pub routes: HashSet<Tid>,
    /// Tasks of this one that a tasker started, and whether it said that they are over.
    pub tasked: HashMap<Tid, bool>,
    /// This task has left, and its threads are to end.
    pub left: bool,
}

impl Messages {
    pub fn new() -> Messages {
        let (lives, watches) = (Lives::default(), Watches::default());
        let (followed, over, routes) = (HashSet::new(), HashSet::new(), HashSet::new());
        let (inbox, tasked) = (Inbox::new(), HashMap::new());
        Messages { inbox, lives, watches, followed, over, routes, tasked, left: false }
    }

    /// From now on every message of PVM's is met; those that were there before are taken in.
    pub fn begin(&mut self, engine: &mut Engine) -> RecvId {
        let standing = engine.stand(EngineWant::any(SCOPE));
        let waiting: Vec<(MessageId, Envelope)> =
            engine.scan(SCOPE).map(|(id, envelope)| (id, envelope.clone())).collect();
        for (id, envelope) in waiting {
            let from = self.sender(&envelope);
            if engine.take(id) {
                self.accept(engine, id, from);
            }
        }
        standing
    }

    pub fn push_due(&mut self, due: Result<Vec<Due>>) {
        for (label, body) in due.unwrap_or_default() {
            self.inbox.push(Tid::DAEMON, label, body);
        }
    }

    /// Takes in all that the engine has met, and all ends.
    fn turn(&mut self, engine: &mut Engine, standing: RecvId, gone: &mut VecDeque<ProcessId>) {
        while let Some((id, envelope)) = engine.next_met(standing) {
            let from = self.sender(envelope);
            self.accept(engine, id, from);
        }
        self.inbox.settle(|id| match engine.take_completed(id) {
            None => Progress::Coming,
            Some(Ok(received)) => whole(&received.envelope, received.payload),
            Some(Err(_)) => Progress::Lost,
        });
        for process in gone.drain(..) {
            let Some(tid) = Tid::of(process) else { continue };
            if self.over.len() >= OVER_MAX {
                self.over.clear();
                self.followed.clear();
            }
            self.end(tid);
        }
        // The tasker's word is the library's, as long as it has tasks of taskers.
        while !self.tasked.is_empty()
            && let Some(arrived) = self.inbox.take_tagged(SM_TASKX)
        {
            if let Some(is_over) = first_tid(arrived).and_then(|tid| self.tasked.get_mut(&tid)) {
                *is_over = true;
            }
        }
    }

    /// A task is over, and what was asked about it is due.
    fn end(&mut self, tid: Tid) {
        self.over.insert(tid);
        let due = self.watches.task_over(tid);
        self.push_due(due);
        if self.routes.remove(&tid) {
            let due = self.watches.route_over(tid);
            self.push_due(due);
        }
    }

    /// Who a message is from to a program; `None` where that has no tid.
    fn sender(&mut self, envelope: &Envelope) -> Option<Tid> {
        let from = self.lives.learn(envelope.source)?;
        Some(if envelope.attributes.is_empty() { from } else { Tid::DAEMON })
    }

    fn accept(&mut self, engine: &mut Engine, id: MessageId, from: Option<Tid>) {
        match from {
            // It could not be answered, nor named.
            None => engine.discard(id),
            Some(from) => {
                if let Some(receive) = engine.receive(id) {
                    self.inbox.announce(from, receive);
                }
            }
        }
    }
}

/// The task that a message of the system's is about.
fn first_tid(arrived: Arrived) -> Option<Tid> {
    let encoding = Encoding::from_wire(arrived.label.encoding);
    let mut body = Buffer::received(Heading::default(), encoding, arrived.body);
    body.unpack_int().ok().map(Tid)
}

fn whole(envelope: &Envelope, mut payload: Bytes) -> Progress {
    if payload.len() < LABEL_BYTES {
        return Progress::Lost;
    }
    let heading = payload.split_to(LABEL_BYTES);
    let word = |at: usize| {
        let bytes = heading[at..at + 4].iter().rev();
        bytes.fold(0u32, |word, byte| word << 8 | u32::from(*byte))
    };
    let (context, tag) = ((envelope.tag >> 32) as i32, envelope.tag as i32);
    let label = Label { context, tag, wait_id: word(4) as i32, encoding: word(0) };
    Progress::Whole(label, payload)
}

/// The payload of a message with this body; a copy where that is not behind its label.
fn payload(label: Label, body: Contents<'_>) -> Bytes {
    let whole;
    let pieces = match body {
        Contents::Labelled(bytes) => return bytes,
        Contents::Whole(bytes) => {
            whole = bytes;
            vec![&whole[..]]
        }
        Contents::Pieces(pieces) => pieces,
    };
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut payload = buffers().take(LABEL_BYTES + length).unwrap_or_default();
    payload.extend_from_slice(&label.encode());
    pieces.into_iter().for_each(|piece| payload.extend_from_slice(piece));
    buffers().share(payload)
}

impl VmMachine {
    /// To each of these, in this task's name.
    pub(super) fn post(&self, to: &[Tid], label: Label, body: Contents<'_>) -> Result<()> {
        self.post_as(to, label, body, Attributes::NONE)
    }

    /// To a task in the vm's name; into the own inbox where that is this one.
    pub(super) fn post_as_vm(&self, to: Tid, label: Label, body: Bytes) -> Result<()> {
        if to == self.me.tid() {
            self.messages().inbox.push(Tid::DAEMON, label, body);
            self.process.wake();
            return Ok(());
        }
        let mark = Attributes::new(&[(VM, b"")]).map_err(|_| PvmError::BadParam)?;
        self.post_as(&[to], label, Contents::Whole(body), mark)
    }

    fn post_as(
        &self,
        to: &[Tid],
        label: Label,
        body: Contents<'_>,
        attributes: Attributes,
    ) -> Result<()> {
        let payload = payload(label, body);
        let tag = i64::from(label.context) << 32 | i64::from(label.tag as u32);
        // Who is on a host that never was is dead, and sending to the dead succeeds.
        let to: Vec<ProcessId> = to.iter().filter_map(|tid| self.process_of(*tid)).collect();
        let send = |engine: &mut Engine, _| {
            for to in to {
                let (attributes, payload) = (attributes.clone(), payload.clone());
                let mode = Mode::Eager;
                let sent =
                    engine.send(Message { to, scope: SCOPE, tag, mode, attributes, payload });
                match sent {
                    Ok(id) => engine.forget_send(id),
                    Err(SendError::Down(_)) => {}
                    Err(_) => return Err(PvmError::NoMem),
                }
            }
            Ok(())
        };
        self.process.with_engine(send).map_err(code)?
    }

    /// The process behind a tid. The vm is asked for hosts where this one is not known.
    pub(super) fn process_of(&self, tid: Tid) -> Option<ProcessId> {
        let known = self.messages().lives.process(tid);
        if known.is_some() || !tid.is_task() {
            return known;
        }
        let hosts = self.ask(|vm| vm.refresh_hosts()).ok()?;
        let mut messages = self.messages();
        messages.lives.learn_hosts(&hosts);
        messages.lives.process(tid)
    }

    /// The next message; see [`Machine::receive`](crate::machine::Machine::receive). A wait
    /// without end for one task ends with `NoTask` when that one is over.
    pub(super) fn next(
        &self,
        want: Option<&Want>,
        wait: Wait,
        take: bool,
    ) -> Result<Option<Arrival>> {
        self.has_looked();
        let found = self.wait_for(Some(Instant::now()), |messages| messages.inbox.next(want, take));
        if let Some(arrival) = found? {
            return Ok(Some(arrival));
        }
        let deadline = match wait {
            Wait::No => return Ok(None),
            Wait::Until(deadline) => Some(deadline),
            Wait::Forever => None,
        };
        let source =
            want.and_then(|want| want.from).filter(|from| deadline.is_none() && from.is_task());
        if let Some(source) = source {
            self.follow(source)?;
        }
        let found = self.wait_for(deadline, |messages| {
            if let Some(arrival) = messages.inbox.next(want, take) {
                return Some(Ok(arrival));
            }
            let is_over =
                |from: &Tid| messages.over.contains(from) && !messages.inbox.awaits(*from);
            source.filter(is_over).map(|_| Err(PvmError::NoTask))
        });
        found?.transpose()
    }

    /// Waits until this has an answer; looks again at every message and every end.
    pub(super) fn wait_for<T>(
        &self,
        deadline: Option<Instant>,
        mut look: impl FnMut(&mut Messages) -> Option<T>,
    ) -> Result<Option<T>> {
        let mut owes = false;
        let found = self.process.wait_engine(deadline, |engine, gone| {
            let mut messages = lock(&self.messages);
            messages.turn(engine, self.standing, gone);
            owes = engine.has_outgoing();
            look(&mut messages)
        });
        if owes {
            // Leave to send more, and that it has come: the program may be long in coming back.
            self.process.with_engine(|_, _| ()).map_err(code)?;
        }
        found.map_err(code)
    }

    /// Has this task told of the end of another; at once where that is over, or never was.
    pub(super) fn follow(&self, tid: Tid) -> Result<()> {
        if !self.messages().followed.insert(tid) {
            return Ok(());
        }
        match self.process_of(tid) {
            Some(process) => self.process.follow(process).map_err(code),
            None => {
                self.messages().end(tid);
                Ok(())
            }
        }
    }

    /// Whether a task is known to be over.
    pub(super) fn is_over(&self, tid: Tid) -> bool {
        self.messages().over.contains(&tid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_travels_with_its_body() {
        let label = Label { context: -2, tag: i32::MIN, wait_id: -7, encoding: 0x1100_0000 };
        let pieces = vec![&b"ab"[..], b"c"];
        let payload = payload(label, Contents::Pieces(pieces));
        let tag = i64::from(label.context) << 32 | i64::from(label.tag as u32);
        let envelope = Envelope {
            source: ProcessId(1),
            destination: ProcessId(2),
            number: 1,
            scope: SCOPE,
            tag,
            length: payload.len() as u64,
            mode: Mode::Eager,
            attributes: Attributes::NONE,
        };
        assert!(
            matches!(whole(&envelope, payload), Progress::Whole(l, b) if l == label && b == "abc")
        );
        assert!(matches!(whole(&envelope, Bytes::from_static(b"short")), Progress::Lost));
    }
}
