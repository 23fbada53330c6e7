//! The state in pieces of a bounded size, and back. Nothing holds the whole of it in one buffer.
//!
//! The state must not change between the first chunk and the last: `consensus` applies nothing
//! meanwhile. Called by `consensus` and at start.

use super::error::StateError;
use super::sessions::Session;
use super::{Answer, ClientId, Host, Name, Owner, State};
use crate::consensus::Membership;
use posse_wire::{HostId, Lead, decode_value, encode_value, limits};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where in the state the next chunk begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cursor {
    #[default]
    Head,
    Hosts(HostId),
    Settings(Option<String>),
    Sessions(ClientId),
    Names(Option<Arc<str>>),
    Over,
}

/// Client, last use, highest number, answers.
type SessionRow = (ClientId, u64, u64, Vec<(u64, Answer)>);

/// Name, value, owner, version.
type NameRow = (String, Vec<u8>, Owner, u64);

#[derive(Serialize, Deserialize)]
enum Chunk {
    Head {
        epoch: u32,
        index: u64,
        members: Membership,
        next: u32,
        leads: (Lead, Option<ClientId>),
        counts: [u64; 4],
    },
    Hosts(Vec<(HostId, Host)>),
    Settings(Vec<(String, Vec<u8>)>),
    Sessions(Vec<SessionRow>),
    Names(Vec<NameRow>),
}

/// Half of what a chunk may have: the last row may be as large as the other half.
const FULL: usize = limits::SNAPSHOT_CHUNK_BYTES_MAX / 2;

/// Rows until the chunk is full, and the first that did not fit any more.
fn fill<R: Serialize>(rows: impl Iterator<Item = R>) -> (Vec<R>, Option<R>) {
    let (mut taken, mut bytes) = (vec![], 0);
    for row in rows {
        if bytes >= FULL {
            return (taken, Some(row));
        }
        bytes += encode_value(&row).len();
        taken.push(row);
    }
    (taken, None)
}

impl State {
    /// The next chunk, or none when all is said.
    pub fn chunk(&self, cursor: &mut Cursor) -> Option<Vec<u8>> {
        let (chunk, next) = match &*cursor {
            Cursor::Head => (self.head(), Cursor::Hosts(HostId(0))),
            Cursor::Hosts(first) => {
                let all = self.hosts.from(*first).map(|(number, host)| (number, host.clone()));
                let (rows, rest) = fill(all);
                let next = rest.map_or(Cursor::Settings(None), |(n, _)| Cursor::Hosts(n));
                (Chunk::Hosts(rows), next)
            }
            Cursor::Settings(last) => {
                let all = self.settings.all.iter();
                let behind = all.filter(|(name, _)| last.as_ref().is_none_or(|l| *name > l));
                let (rows, rest) = fill(behind.map(|(n, v)| (n.clone(), v.clone())));
                let last = rows.last().map(|(name, _)| name.clone());
                let next = Cursor::Sessions(ClientId(0));
                (Chunk::Settings(rows), rest.map_or(next, |_| Cursor::Settings(last)))
            }
            Cursor::Sessions(first) => {
                let all =
                    self.sessions.all.range(*first..).map(|(client, s)| {
                        (*client, s.used, s.highest, Vec::from(s.answers.clone()))
                    });
                let (rows, rest) = fill(all);
                let next = rest.map_or(Cursor::Names(None), |row| Cursor::Sessions(row.0));
                (Chunk::Sessions(rows), next)
            }
            Cursor::Names(last) => {
                let (rows, last) = self.names_behind(last.as_deref());
                (Chunk::Names(rows), last.map_or(Cursor::Over, |l| Cursor::Names(Some(l))))
            }
            Cursor::Over => return None,
        };
        *cursor = next;
        Some(encode_value(&chunk))
    }

    fn names_behind(&self, last: Option<&str>) -> (Vec<NameRow>, Option<Arc<str>>) {
        let row = |(name, n): (&Arc<str>, &Name)| {
            (name.as_ref().to_owned(), n.value.to_vec(), n.owner, n.version)
        };
        let (rows, rest) = fill(self.names.behind(last).map(row));
        let last = rest.and_then(|_| rows.last()).map(|row| Arc::from(row.0.as_str()));
        (rows, last)
    }

    fn head(&self) -> Chunk {
        Chunk::Head {
            epoch: self.epoch,
            index: self.index,
            members: self.members.clone(),
            next: self.hosts.next,
            leads: (self.lead, self.teller),
            counts: self.counts(),
        }
    }

    fn counts(&self) -> [u64; 4] {
        let counts =
            [self.hosts.len(), self.settings.all.len(), self.sessions.all.len(), self.names.len()];
        counts.map(|count| count as u64)
    }
}

/// A state on its way in.
#[derive(Debug, Default)]
pub struct Loader {
    state: State,
    counts: Option<[u64; 4]>,
}

impl Loader {
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        if bytes.len() > limits::SNAPSHOT_CHUNK_BYTES_MAX {
            return Err(StateError::TooLarge);
        }
        match decode_value(bytes)? {
            Chunk::Head { epoch, index, members, next, leads: (lead, teller), counts } => {
                self.state = State { epoch, index, members, lead, teller, ..State::default() };
                self.state.hosts.next = next;
                self.counts = Some(counts);
            }
            _ if self.counts.is_none() => return Err(StateError::Misplaced),
            Chunk::Hosts(rows) => {
                rows.into_iter().for_each(|(number, host)| self.state.hosts.insert(number, host));
            }
            Chunk::Settings(rows) => self.state.settings.all.extend(rows),
            Chunk::Sessions(rows) => {
                for (client, used, highest, answers) in rows {
                    let session = Session { used, highest, answers: answers.into() };
                    self.state.sessions.insert(client, session);
                }
            }
            Chunk::Names(rows) => {
                for (name, value, owner, version) in rows {
                    let entry = Name { value: value.into(), owner, version };
                    self.state.names.insert(name.into(), entry);
                }
            }
        }
        self.within_limits()
    }

    fn within_limits(&self) -> Result<(), StateError> {
        let most =
            [limits::TARGETS_MAX, limits::SETTINGS_MAX, limits::SESSIONS_MAX, limits::NAMES_MAX];
        let over = self.state.counts().into_iter().zip(most).any(|(have, most)| have > most as u64);
        if over { Err(StateError::TooLarge) } else { Ok(()) }
    }

    pub fn finish(self) -> Result<State, StateError> {
        if self.counts == Some(self.state.counts()) {
            return Ok(self.state);
        }
        Err(StateError::Incomplete)
    }
}
