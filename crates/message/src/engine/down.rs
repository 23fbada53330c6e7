//! The death of a peer, as drivers tell it: everything that it alone could have ended ends.

use posse_wire::{Outcome, ProcessId};

use super::error::{Down, Failure};
use super::held::{Content, Where};
use super::peer::{Peer, Stream};
use super::state::Engine;
use crate::limits::DOWN_PEERS_MAX;
use crate::slab::Key;

impl Engine {
    /// A peer is no more. What had arrived whole is still there to be received; a receive that
    /// only it could meet, and a message of it or to it that was under way, end with a failure.
    /// Its later packets are refused.
    pub fn peer_down(&mut self, id: ProcessId, why: Down) {
        if id == self.me || self.down.contains_key(&id) {
            return;
        }
        if self.down_order.len() >= DOWN_PEERS_MAX {
            let oldest = self.down_order.pop_front();
            oldest.and_then(|oldest| self.down.remove(&oldest));
        }
        self.down.insert(id, why);
        self.down_order.push_back(id);
        self.new_peers.retain(|new| *new != id);
        let Some(key) = self.peer_keys.remove(&id) else { return };
        let Some(mut peer) = self.peers.remove(key) else { return };
        self.timers.set(key, None);
        self.behind -= usize::from(peer.is_behind);
        self.ready.retain(|listed| *listed != key);
        self.fetches.retain(|fetch| fetch.from != id);
        self.early_bytes -= peer.inbound.early_bytes();
        peer.payload_room.give_back(&mut self.payload_pool);
        peer.envelope_room.give_back(&mut self.envelope_pool);
        let failure = |outcome| Failure { peer: id, why, outcome };
        self.lose_offers(key, failure(Outcome::NotDone));
        self.fail_receives(id, &peer, &failure);
        self.fail_sends(&mut peer, &failure);
    }

    /// Envelopes whose payload will never come.
    fn lose_offers(&mut self, key: Key, failure: Failure) {
        let is_lost =
            |content: &Content| matches!(content, Content::Offered { peer, .. } if *peer == key);
        let lost = self.held.iter().filter(|(_, held)| is_lost(&held.content));
        let lost: Vec<Key> = lost.map(|(message, _)| message).collect();
        for message in lost {
            let Some(held) = self.held.get_mut(message) else { continue };
            match held.rest {
                Where::Queued(place) => {
                    self.table.remove(place);
                    self.held.remove(message);
                }
                // A face has it in hand, and is told when it receives it.
                Where::Taken(_) | Where::Arriving => held.content = Content::Lost(failure),
            }
        }
    }

    fn fail_receives(&mut self, id: ProcessId, peer: &Peer, failure: &impl Fn(Outcome) -> Failure) {
        let posted = self.table.posted().filter(|(_, want, _)| want.source == Some(id));
        let posted: Vec<_> = posted.map(|(place, _, receive)| (place, receive)).collect();
        for (place, receive) in posted {
            self.table.cancel(place);
            self.fail_receive(receive, failure(Outcome::NotDone));
        }
        for receive in peer.pulls.values() {
            if let Some(receiving) = self.receives.get_mut(*receive) {
                receiving.payload = Default::default();
            }
            self.fail_receive(*receive, failure(Outcome::NotDone));
        }
    }

    fn fail_sends(&mut self, peer: &mut Peer, failure: &impl Fn(Outcome) -> Failure) {
        let offers = std::mem::take(&mut peer.offers).into_values();
        let (lent, offers): (Vec<Stream>, Vec<Stream>) = offers.partition(|offer| offer.is_lent);
        // The payload of none of these was complete at the peer.
        let queued = peer.queue.drain(..).map(|queued| queued.send);
        let offers = offers.into_iter().map(|stream| stream.send);
        let streams = peer.streams.drain(..).map(|stream| stream.send);
        let not_done: Vec<Key> = queued.chain(offers).chain(streams).collect();
        // These may have been received.
        let sent = peer.outbound.drain().filter_map(|(_, completes)| completes);
        let unmatched = std::mem::take(&mut peer.unmatched).into_values();
        let lent = lent.into_iter().map(|stream| stream.send);
        let unknown: Vec<Key> = sent.chain(unmatched).chain(lent).collect();
        let not_done = not_done.into_iter().map(|send| (send, Outcome::NotDone));
        for (send, outcome) in not_done.chain(unknown.into_iter().map(|s| (s, Outcome::Unknown))) {
            let failure = failure(outcome);
            self.update(send, |sending| {
                sending.state.failure.get_or_insert(failure);
            });
        }
    }
}
