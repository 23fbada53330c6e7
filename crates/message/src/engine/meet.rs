//! A message and a receive find each other: at once, in the queue, or by way of a face that has
//! taken the message out of the queue. What follows is the same.

use bytes::Bytes;

use super::error::Failure;
use super::fetch::Fetch;
use super::held::{Content, Held, Owed, Stage, Where};
use super::id::{Finished, MessageId, RecvId};
use super::state::Engine;
use crate::envelope::{Envelope, Mode};
use crate::matching::Arrival;
use crate::packet::Body;
use crate::slab::Key;

impl Engine {
    /// A message is here: it meets a receive or is queued.
    pub(super) fn arrived(&mut self, envelope: Envelope, content: Content) {
        let message = self.held.insert(Held { content, rest: Where::Arriving });
        match self.table.arrive(envelope, message) {
            Arrival::Met { receive, envelope } => self.found(receive, message, envelope),
            Arrival::Queued(place) => {
                if let Some(held) = self.held.get_mut(message) {
                    held.rest = Where::Queued(place);
                }
            }
        }
    }

    fn found(&mut self, receive: Key, message: Key, envelope: Envelope) {
        if let Some(Stage::Standing { met, .. }) =
            self.receives.get_mut(receive).map(|receiving| &mut receiving.stage)
        {
            met.push_back(message);
            if let Some(held) = self.held.get_mut(message) {
                held.rest = Where::Taken(envelope);
            }
            return self.announce(Finished::Met(RecvId(receive)));
        }
        self.meet(receive, message, envelope);
    }

    /// The receive gets the message: its payload, or the chunks of it that are now asked for.
    pub(super) fn meet(&mut self, receive: Key, message: Key, envelope: Envelope) {
        let Some(held) = self.held.remove(message) else { return };
        self.release(&held.content, &envelope);
        let Some(receiving) = self.receives.get_mut(receive) else { return };
        let (number, length, cost) = (envelope.number, envelope.length, envelope.cost());
        receiving.envelope = Some(envelope);
        receiving.stage = Stage::Done;
        match held.content {
            Content::Whole { peer, payload } => {
                receiving.owed = Owed::Peer(peer, length);
                receiving.arrived = length;
                receiving.payload.set(payload);
            }
            Content::Own { payload, .. } => {
                receiving.owed = Owed::Own(length + cost);
                receiving.arrived = length;
                receiving.payload.set(payload);
            }
            Content::Lost(failure) => receiving.stage = Stage::Failed(failure),
            Content::Offered { peer, address } => {
                receiving.stage = Stage::Pulling;
                if let Some(pair) = self.peers.get_mut(peer) {
                    pair.pulls.insert(number, receive);
                    match address {
                        Some(address) => {
                            let from = pair.id;
                            self.fetches.push_back(Fetch { from, number, address, length });
                        }
                        None => pair.replies.push_back(Body::Ready { number }),
                    }
                    self.touch(peer);
                }
                return;
            }
        }
        self.completed(receive);
    }

    /// A message waits no more: its sender may send another, and hears of it if it wanted to.
    fn release(&mut self, content: &Content, envelope: &Envelope) {
        let (number, is_asked) = (envelope.number, envelope.mode == Mode::Synchronous);
        match content {
            Content::Own { send, .. } => {
                self.update(*send, |sending| sending.state.is_matched = true);
            }
            Content::Whole { peer: key, .. } | Content::Offered { peer: key, .. } => {
                let is_whole = matches!(content, Content::Whole { .. });
                let Some(peer) = self.peers.get_mut(*key) else { return };
                peer.free(0, envelope.cost());
                if is_whole && is_asked {
                    peer.replies.push_back(Body::Matched { number });
                }
                self.touch(*key);
            }
            Content::Lost(_) => {}
        }
    }

    /// A message that was taken out of the queue is not wanted.
    pub(super) fn discard_taken(&mut self, message: Key) {
        let Some(held) = self.held.remove(message) else { return };
        let Where::Taken(envelope) = held.rest else { return };
        self.release(&held.content, &envelope);
        match held.content {
            Content::Whole { peer, .. } => self.give_back(Owed::Peer(peer, envelope.length)),
            Content::Own { .. } => self.give_back(Owed::Own(envelope.length + envelope.cost())),
            Content::Offered { peer: key, .. } => {
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.replies.push_back(Body::Release { number: envelope.number });
                    self.touch(key);
                }
            }
            Content::Lost(_) => {}
        }
    }

    /// Payload was taken: there is room for other payload.
    pub(super) fn give_back(&mut self, owed: Owed) {
        match owed {
            Owed::Nothing => {}
            Owed::Own(bytes) => self.buffered -= bytes,
            Owed::Peer(key, bytes) => {
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.free(bytes, 0);
                    self.touch(key);
                }
            }
        }
    }

    /// A receive is over, well or not.
    pub(super) fn completed(&mut self, receive: Key) {
        let Some(receiving) = self.receives.get_mut(receive) else { return };
        if !receiving.is_forgotten {
            return self.announce(Finished::Receive(RecvId(receive)));
        }
        let owed = receiving.owed;
        self.receives.remove(receive);
        self.give_back(owed);
    }

    pub(super) fn fail_receive(&mut self, receive: Key, failure: Failure) {
        if let Some(receiving) = self.receives.get_mut(receive) {
            receiving.stage = Stage::Failed(failure);
            self.completed(receive);
        }
    }

    /// A chunk of what a receive gets. False if it does not continue what is there.
    #[must_use]
    pub(super) fn chunk(&mut self, key: Key, number: u64, offset: u64, payload: Bytes) -> bool {
        let receive = self.peers.get(key).and_then(|peer| peer.pulls.get(&number)).copied();
        let Some(receive) = receive else { return false };
        let Some(receiving) = self.receives.get_mut(receive) else { return false };
        let length = receiving.envelope.as_ref().map_or(0, |envelope| envelope.length);
        let is_next = receiving.arrived == offset && !payload.is_empty();
        if !is_next || payload.len() as u64 > length - offset {
            return false;
        }
        receiving.arrived += payload.len() as u64;
        if !receiving.is_forgotten {
            receiving.payload.add(payload, length - offset, &self.buffers);
        }
        if receiving.arrived == length {
            receiving.stage = Stage::Done;
            if let Some(peer) = self.peers.get_mut(key) {
                peer.pulls.remove(&number);
            }
            self.completed(receive);
        }
        true
    }

    /// Takes a message out of the queue, for a face that receives or discards it.
    pub(super) fn take_out(&mut self, message: Key, envelope: Envelope) -> MessageId {
        if let Some(held) = self.held.get_mut(message) {
            held.rest = Where::Taken(envelope);
        }
        MessageId(message)
    }
}
