//! Payloads that a driver reads where they are: the sender lends its memory with the offer, and
//! who receives it reads it into its last place, without asking. Where that fails it is asked for,
//! as any other.

use bytes::Bytes;
use posse_wire::ProcessId;

use super::held::Stage;
use super::state::Engine;
use crate::packet::Body;

/// A payload that a receive waits for and that the driver may read.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Fetch {
    pub from: ProcessId,
    /// Of the message.
    pub number: u64,
    /// Where it stands, as the driver has said in [`Engine::handle_lent`].
    pub address: u64,
    /// In bytes, as the sender claims.
    pub length: u64,
}

impl Engine {
    /// At the sender: the payload of an offer, which stays in its place until the receiver has said
    /// that it has it, or is ready for its chunks. `None` from then on.
    pub fn offered(&self, to: ProcessId, number: u64) -> Option<&Bytes> {
        let peer = self.peers.get(*self.peer_keys.get(&to)?)?;
        Some(&peer.offers.get(&number)?.payload)
    }

    /// The offer leaves by a path on which the receiver can read its payload.
    pub fn lend(&mut self, to: ProcessId, number: u64) {
        let key = self.peer_keys.get(&to).copied();
        let peer = key.and_then(|key| self.peers.get_mut(key));
        if let Some(offer) = peer.and_then(|peer| peer.offers.get_mut(&number)) {
            offer.is_lent = true;
        }
    }

    /// At the receiver: the next payload to be read. Each is answered by [`Engine::fetched`].
    pub fn next_fetch(&mut self) -> Option<Fetch> {
        self.fetches.pop_front()
    }

    /// Whether `next_fetch` has something.
    pub fn has_fetches(&self) -> bool {
        !self.fetches.is_empty()
    }

    /// A payload was read, all of it; or could not be, and is asked for now.
    pub fn fetched(&mut self, fetch: Fetch, payload: Option<Bytes>) {
        let Some(key) = self.peer_keys.get(&fetch.from).copied() else { return };
        let Some(peer) = self.peers.get_mut(key) else { return };
        let number = fetch.number;
        let Some(receive) = peer.pulls.get(&number).copied() else { return };
        let is_whole = |payload: &Bytes| payload.len() as u64 == fetch.length;
        let Some(payload) = payload.filter(is_whole) else {
            peer.replies.push_back(Body::Ready { number });
            return self.touch(key);
        };
        peer.pulls.remove(&number);
        peer.replies.push_back(Body::Release { number });
        self.touch(key);
        let Some(receiving) = self.receives.get_mut(receive) else { return };
        receiving.arrived = fetch.length;
        receiving.payload.set(payload);
        receiving.stage = Stage::Done;
        self.completed(receive);
    }
}
