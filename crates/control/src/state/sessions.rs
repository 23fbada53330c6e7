//! Which commands were done already: a retry is answered as the first time, and what comes too
//! late is refused. Called by `apply`.
//!
//! A client's commands are applied in the order of their numbers only. So a `Register` that was
//! on its way for long can not come behind the `ProcessGone` of its owner: both are said by the
//! same daemon, as one client.

use super::command::{Answer, ClientId};
use posse_wire::limits;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Session {
    pub used: u64,
    pub highest: u64,
    pub answers: VecDeque<(u64, Answer)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sessions {
    pub all: BTreeMap<ClientId, Session>,
    by_use: BTreeSet<(u64, ClientId)>,
}

impl Sessions {
    /// A client's id is the index of the entry that made it.
    pub fn open(&mut self, index: u64) -> Answer {
        if self.all.len() >= limits::SESSIONS_MAX
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.all.remove(&oldest);
        }
        self.insert(ClientId(index), Session { used: index, ..Session::default() });
        Answer::Opened(ClientId(index))
    }

    pub fn insert(&mut self, client: ClientId, session: Session) {
        self.by_use.insert((session.used, client));
        self.all.insert(client, session);
    }

    /// None: do it.
    pub fn known(&self, client: ClientId, seq: u64) -> Option<Answer> {
        let Some(session) = self.all.get(&client) else { return Some(Answer::NoClient) };
        if seq > session.highest {
            return None;
        }
        let kept = session.answers.iter().find(|(kept, _)| *kept == seq);
        Some(kept.map_or(Answer::Late, |(_, answer)| answer.clone()))
    }

    pub fn done(&mut self, client: ClientId, seq: u64, answer: &Answer, index: u64) {
        let Some(session) = self.all.get_mut(&client) else { return };
        self.by_use.remove(&(session.used, client));
        self.by_use.insert((index, client));
        session.used = index;
        session.highest = seq;
        if session.answers.len() >= limits::SESSION_ANSWERS_MAX {
            session.answers.pop_front();
        }
        session.answers.push_back((seq, answer.clone()));
    }
}
