//! What is known of the connection, and of what was asked over it. No I/O but the giving out of
//! ids. Owned by `connection.rs`, under its lock.

use super::asks::{Answer, Open};
use super::connection::{Line, Shared};
use super::held::Held;
use crate::error::Failure;
use crate::limits::{BOARD_LOST_AFTER, BOARD_PAUSE_FIRST, BOARD_PAUSE_MAX};
use crate::link::Link;
use crate::{Error, Outcome};
use posse_wire::msg::Mailed;
use posse_wire::{CommandId, Frame};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(super) struct State {
    pub link: Option<Arc<Link>>,
    /// Counts connections.
    pub generation: u64,
    pub since: Instant,
    pub has_heard: bool,
    /// What was asked under each id and not answered yet, in order.
    pub asked: HashMap<CommandId, VecDeque<u64>>,
    /// The id of what is answered at once.
    pub line: Option<CommandId>,
    /// Ids for waits, that none uses.
    pub free: Vec<CommandId>,
    pub open: BTreeMap<u64, Open>,
    pub next_ticket: u64,
    pub seq: u64,
    pub held: Held,
    pub lost: Option<Lost>,
    pub given_up: Option<Failure>,
    pub is_closed: bool,
}

/// No daemon that leads is reached.
pub(super) struct Lost {
    pub since: Instant,
    pub why: String,
    pub tries: u32,
}

/// Two boards of a process must not count from the same number.
fn first_seq() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_nanos() as u64
}

impl Lost {
    /// Longer with each try.
    pub fn pause(&self) -> Duration {
        match self.tries {
            0 => Duration::ZERO,
            tries => (BOARD_PAUSE_FIRST * 2u32.saturating_pow(tries - 1)).min(BOARD_PAUSE_MAX),
        }
    }
}

impl State {
    pub fn new() -> State {
        State {
            link: None,
            generation: 0,
            since: Instant::now(),
            has_heard: false,
            asked: HashMap::new(),
            line: None,
            free: Vec::new(),
            open: BTreeMap::new(),
            next_ticket: 0,
            seq: first_seq(),
            held: Held::default(),
            lost: None,
            given_up: None,
            is_closed: false,
        }
    }

    pub fn note(&mut self, open: Open) -> u64 {
        self.next_ticket += 1;
        self.open.insert(self.next_ticket, open);
        self.next_ticket
    }

    /// Notes as sent what the caller sends then.
    pub fn send(&mut self, ticket: u64, shared: &Arc<Shared>) -> Result<Frame, Error> {
        let lost = || Failure::Closed.error(Outcome::NotDone);
        let link = self.link.clone().ok_or_else(lost)?;
        let waits = self.open.get(&ticket).ok_or_else(lost)?.ask.waits();
        let known = if waits { self.free.pop() } else { self.line };
        let id = match known {
            Some(id) => id,
            None => self.register(&link, shared)?,
        };
        if !waits {
            self.line = Some(id);
        }
        let State { open, held, asked, .. } = self;
        let open = open.get_mut(&ticket).ok_or_else(lost)?;
        open.id = Some(id);
        asked.entry(id).or_default().push_back(ticket);
        Ok(open.to_send(held).frame(shared.process, id))
    }

    pub fn register(&mut self, link: &Link, shared: &Arc<Shared>) -> Result<CommandId, Error> {
        let inbox = Line { shared: Arc::downgrade(shared), generation: self.generation };
        let registered = link.register(Arc::new(inbox));
        if let Err(Error::Disconnected { why, .. }) = &registered {
            self.lose(why.clone());
        }
        registered
    }

    /// The connection is lost.
    pub fn lose(&mut self, why: String) {
        // Ends its reader, which is us or has told us.
        self.link = None;
        (self.line, self.free) = (None, Vec::new());
        self.asked.clear();
        self.open.values_mut().for_each(Open::disconnect);
        self.open.retain(|_, open| !open.ends_with_connection());
        // A daemon that does not lead any more refuses at once what it is asked.
        let served = self.has_heard || self.since.elapsed() > BOARD_PAUSE_MAX;
        match &mut self.lost {
            Some(lost) if !served => {
                lost.why = why;
                lost.tries += 1;
            }
            lost => *lost = Some(Lost { since: Instant::now(), why, tries: 0 }),
        }
    }

    /// A try to connect failed; `is_last` where there can be no other.
    pub fn not_reached(&mut self, why: &str, is_last: bool) {
        let now = Instant::now();
        let lost = self.lost.get_or_insert(Lost { since: now, why: why.to_owned(), tries: 0 });
        lost.tries += 1;
        if is_last {
            self.given_up = Some(Failure::Read(format!("{}; {why}", lost.why)));
        } else if lost.since.elapsed() >= BOARD_LOST_AFTER {
            let within = BOARD_LOST_AFTER.as_secs();
            let text = format!("no daemon that leads was reached for {within} s: {why}");
            self.given_up = Some(Failure::Read(text));
        }
    }

    /// Whether somebody may have waited for it.
    pub fn take(&mut self, id: CommandId, answer: Answer) -> Result<bool, Failure> {
        self.has_heard = true;
        let ticket = self.asked.get(&id).and_then(|asked| asked.front()).copied();
        if let Answer::Mail(Mailed::Taken { name, at }) = &answer {
            self.held.taken(name, *at);
            let asks = ticket.and_then(|ticket| self.open.get(&ticket));
            let keeps = asks.is_some_and(|open| open.keeps(*at));
            if !keeps {
                return Ok(false);
            }
        }
        let Some((ticket, open)) = ticket.and_then(|t| Some((t, self.open.get_mut(&t)?))) else {
            return Err(Failure::Nonsense("an answer to nothing".to_owned()));
        };
        if !open.take(answer) {
            return Ok(false);
        }
        if let Some(answer) = &open.answer {
            self.held.learn(&open.ask, answer);
        }
        if open.is_told {
            self.open.remove(&ticket);
        }
        self.answered(id);
        Ok(true)
    }

    /// One less is waited for under this id.
    fn answered(&mut self, id: CommandId) {
        let Some(asked) = self.asked.get_mut(&id) else { return };
        asked.pop_front();
        if asked.is_empty() {
            self.asked.remove(&id);
            if self.line != Some(id) {
                self.free.push(id);
            }
        }
    }

    /// The daemon will say nothing more of this wait.
    pub fn is_stopped(&mut self, ticket: u64) {
        let Some(open) = self.open.get(&ticket).filter(|open| open.answer.is_none()) else {
            return;
        };
        let id = open.id;
        self.open.remove(&ticket);
        if let Some(id) = id {
            self.answered(id);
        }
    }

    /// Nobody waits for it any more; gives the answer where that has come. One that is under way
    /// stays, so that what is held is learnt from its answer.
    pub fn leave_to_itself(&mut self, ticket: u64) -> Option<Answer> {
        let open = self.open.get_mut(&ticket)?;
        open.is_told = true;
        let is_under_way = open.id.is_some() || !open.is_wait();
        if open.answer.is_none() && is_under_way {
            return None;
        }
        self.open.remove(&ticket)?.answer
    }
}
