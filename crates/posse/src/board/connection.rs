//! The connection by which a process speaks with the daemon that leads: what is asked, what is
//! held, and both again when the connection had to be made anew.
//!
//! Two threads stand behind it: the link's reader brings answers, and the keeper connects again.
//! Only who asks and the keeper send, one at a time, so that answers come in the order of what was
//! asked. Called by the handles beside this.

use super::asks::{Answer, Ask, Open};
use super::held::Membership;
use super::state::{Lost, State};
use super::{Contexts, Groups, Mailbox};
use crate::answers::{decode, wait};
use crate::error::Failure;
use crate::limits::BOARD_STOP_WITHIN;
use crate::link::{Inbox, Link, lock};
use crate::{Error, Outcome, Vm};
use posse_wire::msg::{GroupAsk, MailAsk, Mailed};
use posse_wire::{Frame, Kind, Message, ProcessId, limits};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How a connection is made; `None` where none can be.
type Connect = dyn Fn() -> Option<Result<Vm, Error>> + Send + Sync;

/// The board of a vm, as one of its processes uses it. Cheap to clone; when the last clone and the
/// last of its handles is dropped, the connection closes and nothing is told again. What the
/// process holds it keeps until it is over.
#[derive(Clone)]
pub struct Board {
    shared: Arc<Owner>,
}

/// Ends the keeper with the last handle.
struct Owner(Arc<Shared>);

pub(super) struct Shared {
    pub process: ProcessId,
    connect: Box<Connect>,
    /// Held from what is noted as sent to the sending of it.
    sending: Mutex<()>,
    state: Mutex<State>,
    /// For those who asked: an answer.
    news: Condvar,
    /// For the keeper: there is no connection, or no use for one.
    over: Condvar,
}

impl Vm {
    /// The board, in the name of a process of the host that this vm was connected to at. For one's
    /// own that is [`Process::vm`](crate::message::Process::vm): a computer may be several hosts,
    /// and the vm's name leads to any of them. It has a connection of its own; over a
    /// socket that somebody else connected, it shares the one of this.
    pub fn board(&self, process: ProcessId) -> Result<Board, Error> {
        let way = self.way().clone();
        let first = match way.connect() {
            Some(vm) => vm?.link(),
            None => self.link(),
        };
        Board::new(process, first, Box::new(move || way.connect()))
    }
}

impl Board {
    pub(super) fn new(
        process: ProcessId,
        first: Arc<Link>,
        connect: Box<Connect>,
    ) -> Result<Board, Error> {
        let (sending, state) = (Mutex::new(()), Mutex::new(State::new()));
        let (news, over) = (Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { process, connect, sending, state, news, over });
        shared.connected(first);
        let keeper = Arc::clone(&shared);
        let named = thread::Builder::new().name("posse-board".to_owned());
        named.spawn(move || keeper.keep()).map_err(Error::Thread)?;
        Ok(Board { shared: Arc::new(Owner(shared)) })
    }

    pub fn process(&self) -> ProcessId {
        self.shared.0.process
    }

    pub fn groups(&self) -> Groups {
        Groups::new(self.clone())
    }

    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.clone())
    }

    pub fn contexts(&self) -> Contexts {
        Contexts::new(self.clone())
    }

    pub(super) fn membership(&self, group: &str) -> Option<Membership> {
        lock(&self.shared.0.state).held.membership(group)
    }

    /// Whether the daemon has said of a barrier that this process waits there.
    #[cfg(test)]
    pub(super) fn has_waiter(&self) -> bool {
        let state = lock(&self.shared.0.state);
        state.open.values().any(Open::is_known)
    }

    /// A number for a change of the mailbox, by which a second try is known.
    pub(super) fn next_seq(&self) -> u64 {
        let mut state = lock(&self.shared.0.state);
        state.seq = state.seq.wrapping_add(1);
        state.seq
    }

    /// Something that is answered at once.
    pub(super) fn ask(&self, ask: Ask) -> Result<Answer, Error> {
        let shared = &self.shared.0;
        let ticket = shared.start(ask)?;
        let within = limits::QUERY_WITHIN;
        match shared.answer(ticket, Some(Instant::now() + within))? {
            Some(answer) => Ok(answer),
            None => {
                if let Some(answer) = lock(&shared.state).leave_to_itself(ticket) {
                    return Ok(answer);
                }
                let what = "answer of the board";
                Err(Error::TimedOut { what, within, outcome: Outcome::Unknown })
            }
        }
    }

    /// Something that waits for others. A deadline never loses an answer that has been given.
    pub(super) fn wait(&self, ask: Ask, deadline: Option<Instant>) -> Result<Answer, Error> {
        let shared = &self.shared.0;
        let ticket = shared.start(ask)?;
        match shared.answer(ticket, deadline)? {
            Some(answer) => Ok(answer),
            None => shared.stop(ticket),
        }
    }
}

/// What came before the daemon knew that nobody waits any more.
fn in_time(answer: Answer) -> Result<Answer, Error> {
    if answer == Answer::Mail(Mailed::Stopped) { Err(Error::Deadline) } else { Ok(answer) }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.is_closed = true;
        // Dropped without the lock: it ends the reader, which may want it.
        let link = state.link.take();
        drop(state);
        drop(link);
        self.0.over.notify_all();
    }
}

impl Shared {
    fn start(self: &Arc<Self>, ask: Ask) -> Result<u64, Error> {
        let checked = match &ask {
            Ask::Group(ask) => {
                posse_wire::msg::Group { by: self.process, ask: ask.clone() }.check()
            }
            Ask::Mail(ask) => posse_wire::msg::Mail { by: self.process, ask: ask.clone() }.check(),
        };
        checked.map_err(|error| Error::Command(error.to_string()))?;
        let sending = lock(&self.sending);
        let mut state = lock(&self.state);
        if let Some(failure) = &state.given_up {
            return Err(failure.error(Outcome::NotDone));
        }
        let ticket = state.note(Open::new(ask, false));
        let sent = match state.send(ticket, self) {
            Err(error @ Error::NoMoreNumbers) => {
                state.open.remove(&ticket);
                return Err(error);
            }
            // The keeper asks it once there is a connection.
            Err(_) => None,
            Ok(frame) => state.link.clone().zip(Some(frame)),
        };
        if state.link.is_none() {
            self.over.notify_all();
        }
        drop(state);
        if let Some((link, frame)) = sent {
            // Where it fails the reader says so as well, and it is asked again.
            let _told_by_the_reader = link.send(&[frame]);
        }
        drop(sending);
        Ok(ticket)
    }

    /// `None` where the deadline passed before.
    fn answer(&self, ticket: u64, deadline: Option<Instant>) -> Result<Option<Answer>, Error> {
        let mut state = lock(&self.state);
        loop {
            if state.open.get(&ticket).is_none_or(|open| open.answer.is_some()) {
                return Ok(state.open.remove(&ticket).and_then(|open| open.answer));
            }
            if let Some(failure) = &state.given_up {
                let error = failure.error(Outcome::Unknown);
                state.open.remove(&ticket);
                return Err(error);
            }
            match wait(&self.news, state, deadline) {
                Some(guard) => state = guard,
                None => return Ok(None),
            }
        }
    }

    /// The caller waits no more; what came just before the daemon knew is its answer.
    fn stop(self: &Arc<Self>, ticket: u64) -> Result<Answer, Error> {
        let until = Some(Instant::now() + BOARD_STOP_WITHIN);
        let state = lock(&self.state);
        let open = state.open.get(&ticket);
        let (ask, id) = (open.map(|open| open.ask.clone()), open.and_then(|open| open.id));
        let link = state.link.clone();
        drop(state);
        if let Some(Ask::Group(GroupAsk::Barrier { name, .. } | GroupAsk::Freeze { name, .. })) =
            ask
        {
            let stop = self.start(Ask::Group(GroupAsk::Stop { name }))?;
            if self.answer(stop, until)?.is_none() {
                lock(&self.state).leave_to_itself(stop);
            } else {
                lock(&self.state).is_stopped(ticket);
            }
        } else if let Some((id, link)) = id.zip(link) {
            let frame = Ask::Mail(MailAsk::Stop).frame(self.process, id);
            let _told_by_the_reader = link.send(&[frame]);
            if let Some(answer) = self.answer(ticket, until)? {
                return in_time(answer);
            }
        }
        lock(&self.state).leave_to_itself(ticket).map_or(Err(Error::Deadline), in_time)
    }

    /// A new connection: what is held is told, then what is open is asked again.
    fn connected(self: &Arc<Self>, link: Arc<Link>) {
        let sending = lock(&self.sending);
        let mut state = lock(&self.state);
        if state.is_closed {
            return;
        }
        state.generation += 1;
        (state.since, state.has_heard) = (Instant::now(), false);
        state.link = Some(Arc::clone(&link));
        // So that its end is heard of where nothing is asked.
        state.line = state.register(&link, self).ok();
        let unanswered = state.open.iter().filter(|(_, open)| open.answer.is_none());
        let open: Vec<u64> = unanswered.map(|(ticket, _)| *ticket).collect();
        let told: Vec<Ask> = state.held.tell();
        let told: Vec<u64> = told.into_iter().map(|ask| state.note(Open::new(ask, true))).collect();
        let mut frames = Vec::new();
        for ticket in told.into_iter().chain(open) {
            match state.send(ticket, self) {
                Ok(frame) => frames.push(frame),
                // It is lost already, and the keeper will be told.
                Err(_) => break,
            }
        }
        drop(state);
        let _told_by_the_reader = link.send(&frames);
        drop(sending);
    }

    /// The keeper: connects again until it is closed, or nobody was reached for too long.
    fn keep(self: Arc<Self>) {
        while let Some(pause) = self.until_lost() {
            self.rest(pause);
            match (self.connect)() {
                Some(Ok(vm)) => self.connected(vm.link()),
                Some(Err(error)) => lock(&self.state).not_reached(&error.to_string(), false),
                None => lock(&self.state).not_reached("there is no way to connect again", true),
            }
            self.news.notify_all();
        }
    }

    /// How long to wait before the next try; `None` when there is to be none.
    fn until_lost(&self) -> Option<Duration> {
        let mut state = lock(&self.state);
        loop {
            if state.is_closed || state.given_up.is_some() {
                return None;
            }
            if state.link.is_none() {
                return Some(state.lost.as_ref().map_or(Duration::ZERO, Lost::pause));
            }
            state = wait(&self.over, state, None)?;
        }
    }

    fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut state = lock(&self.state);
        while !state.is_closed {
            match wait(&self.over, state, Some(until)) {
                Some(guard) => state = guard,
                None => return,
            }
        }
    }
}

/// Where the answers of one connection go.
pub(super) struct Line {
    pub shared: Weak<Shared>,
    pub generation: u64,
}

impl Inbox for Line {
    fn deliver(&self, frame: Frame) -> Result<(), Failure> {
        let Some(shared) = self.shared.upgrade() else { return Ok(()) };
        let answer = match frame.kind {
            Kind::Grouped => decode(&frame).map(Answer::Group),
            Kind::Mailed => decode(&frame).map(Answer::Mail),
            other => {
                let why = format!("{} is no answer of the board", other.name());
                return Err(Failure::Nonsense(why));
            }
        };
        let answer = answer.map_err(|error| Failure::Nonsense(error.to_string()))?;
        let mut state = lock(&shared.state);
        let is_news = state.generation == self.generation && state.take(frame.id, answer)?;
        drop(state);
        if is_news {
            shared.news.notify_all();
        }
        Ok(())
    }

    fn fail(&self, failure: &Failure) {
        let Some(shared) = self.shared.upgrade() else { return };
        let mut state = lock(&shared.state);
        if state.generation == self.generation && state.link.is_some() {
            state.lose(failure.error(Outcome::Unknown).to_string());
        }
        drop(state);
        shared.over.notify_all();
        shared.news.notify_all();
    }
}
