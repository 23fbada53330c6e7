//! Sends, as faces ask for them.

use bytes::Bytes;
use posse_wire::{Outcome, ProcessId};

use super::error::{Failure, SendError};
use super::held::{Content, Sending};
use super::id::{Finished, SendId};
use super::peer::Queued;
use super::state::Engine;
use crate::attributes::Attributes;
use crate::envelope::{Envelope, Mode, Scope};
use crate::slab::Key;

/// A message that is to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    pub to: ProcessId,
    pub scope: Scope,
    pub tag: i64,
    pub mode: Mode,
    pub attributes: Attributes,
    pub payload: Bytes,
}

/// How far a send has come. A blocking send of MPI waits for `is_handed` or more, a synchronous
/// one for `is_matched`; one of PVM for nothing.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct SendState {
    pub is_synchronous: bool,
    /// All of it has been given to the driver once.
    pub is_handed: bool,
    /// All of it is at the receiver's process.
    pub is_delivered: bool,
    /// A receive has met it. Known of synchronous messages and of those that went by rendezvous.
    pub is_matched: bool,
    pub failure: Option<Failure>,
}

impl SendState {
    /// Nothing more will change.
    pub fn is_settled(&self) -> bool {
        let is_enough = self.is_matched || !self.is_synchronous;
        self.failure.is_some() || (self.is_delivered && is_enough)
    }
}

impl Engine {
    /// Takes a message. It is behind all that were sent to the same process before.
    pub fn send(&mut self, message: Message) -> Result<SendId, SendError> {
        let Message { to, scope, tag, mode, attributes, payload } = message;
        if let Some(why) = self.down.get(&to) {
            let failure = Failure { peer: to, why: *why, outcome: Outcome::NotDone };
            return Err(SendError::Down(failure));
        }
        let envelope = Envelope {
            source: self.me,
            destination: to,
            number: 0,
            scope,
            tag,
            length: payload.len() as u64,
            mode,
            attributes,
        };
        let bytes = envelope.length + envelope.cost();
        let (held, limit) = (self.buffered, self.options.buffer_bytes);
        if held > 0 && held.saturating_add(bytes) > limit {
            return Err(SendError::Full { held, limit });
        }
        let peer = match to == self.me {
            true => None,
            false => Some(self.peer(to).ok_or(SendError::Peers)?),
        };
        let is_synchronous = mode == Mode::Synchronous;
        let state = SendState { is_synchronous, ..SendState::default() };
        self.buffered += bytes;
        let send = self.sends.insert(Sending { state, bytes, is_forgotten: false });
        match peer {
            None => self.send_to_self(envelope, payload, send),
            Some(peer) => self.enqueue(peer, envelope, payload, send),
        }
        Ok(SendId(send))
    }

    fn enqueue(&mut self, key: Key, envelope: Envelope, payload: Bytes, send: Key) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.sent_number += 1;
        let envelope = Envelope { number: peer.sent_number, ..envelope };
        peer.queue.push_back(Queued { envelope, payload, send });
        self.touch(key);
    }

    fn send_to_self(&mut self, envelope: Envelope, payload: Bytes, send: Key) {
        self.own_number += 1;
        let envelope = Envelope { number: self.own_number, ..envelope };
        self.arrived(envelope, Content::Own { send, payload });
        // Its payload is the receive's from here on.
        self.update(send, |sending| {
            sending.bytes = 0;
            sending.state.is_handed = true;
            sending.state.is_delivered = true;
        });
    }

    /// `None` once it was forgotten.
    pub fn send_state(&self, id: SendId) -> Option<SendState> {
        let sending = self.sends.get(id.0)?;
        (!sending.is_forgotten).then_some(sending.state)
    }

    /// Nobody will ask for it any more. The message goes its way.
    pub fn forget_send(&mut self, id: SendId) {
        self.update(id.0, |sending| sending.is_forgotten = true);
    }

    /// Changes a send, and lets it go or tells of it when that was the last change.
    pub(super) fn update(&mut self, send: Key, change: impl FnOnce(&mut Sending)) {
        let Some(sending) = self.sends.get_mut(send) else { return };
        let was_settled = sending.state.is_settled();
        change(sending);
        let (state, is_forgotten) = (sending.state, sending.is_forgotten);
        if state.is_delivered || state.failure.is_some() {
            self.buffered -= std::mem::take(&mut sending.bytes);
        }
        if !state.is_settled() {
            return;
        }
        if is_forgotten {
            self.sends.remove(send);
        } else if !was_settled {
            self.announce(Finished::Send(SendId(send)));
        }
    }
}
