//! What the engine keeps of each send, of each receive, and of each message that has arrived.

use std::collections::VecDeque;

use bytes::Bytes;

use super::error::Failure;
use super::incoming::Incoming;
use super::send::SendState;
use crate::envelope::Envelope;
use crate::matching::Place;
use crate::slab::Key;

/// A send, until nobody asks for it and nothing more can change.
#[derive(Debug)]
pub struct Sending {
    pub state: SendState,
    /// What is held for it.
    pub bytes: u64,
    pub is_forgotten: bool,
}

/// Where a receive stands.
#[derive(Debug)]
pub enum Stage {
    Posted(Place),
    /// Meets every message that it accepts; these wait here to be received.
    Standing {
        place: Place,
        met: VecDeque<Key>,
    },
    /// Has met an offer and gets its chunks.
    Pulling,
    Done,
    Failed(Failure),
}

/// Whose room is given back when the payload is taken.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Owed {
    Nothing,
    /// This much of what a peer may send unasked.
    Peer(Key, u64),
    /// This much of what this process may hold of its own messages.
    Own(u64),
}

/// A receive, until its result is taken.
#[derive(Debug)]
pub struct Receiving {
    pub stage: Stage,
    /// Known once it has met a message.
    pub envelope: Option<Envelope>,
    pub payload: Incoming,
    /// Bytes that have arrived, those taken included.
    pub arrived: u64,
    pub owed: Owed,
    pub is_forgotten: bool,
}

impl Receiving {
    pub fn new(stage: Stage) -> Receiving {
        Receiving {
            stage,
            envelope: None,
            payload: Incoming::default(),
            arrived: 0,
            owed: Owed::Nothing,
            is_forgotten: false,
        }
    }
}

/// What is here of a message that no receive has met.
#[derive(Debug)]
pub enum Content {
    Whole {
        peer: Key,
        payload: Bytes,
    },
    /// The envelope alone, and where the payload can be read without asking.
    Offered {
        peer: Key,
        address: Option<u64>,
    },
    /// From this process to itself, and the send that is still asked for.
    Own {
        send: Key,
        payload: Bytes,
    },
    /// It was offered, and its sender is down.
    Lost(Failure),
}

/// A message that has arrived and that no receive has met.
#[derive(Debug)]
pub struct Held {
    pub content: Content,
    pub rest: Where,
}

/// Its envelope is in the queue, or with it when it has been taken out.
#[derive(Debug)]
pub enum Where {
    Queued(Place),
    Taken(Envelope),
    /// For the moment in which the table decides.
    Arriving,
}
