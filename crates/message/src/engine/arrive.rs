//! Packets, as drivers hand them in. Total: any bytes in any state have an answer.

use std::time::Duration;

use bytes::Bytes;
use posse_wire::ProcessId;

use super::error::Violation;
use super::held::Content;
use super::state::Engine;
use crate::envelope::Envelope;
use crate::limits::EARLY_BYTES_MAX;
use crate::packet::{Body, Head, Packet};
use crate::session::Order;
use crate::slab::Key;

impl Engine {
    /// A packet has come from a peer. What the engine keeps of it are references into `bytes`, so
    /// a driver hands in buffers of about the packet's size.
    pub fn handle(
        &mut self,
        now: Duration,
        from: ProcessId,
        bytes: Bytes,
    ) -> Result<(), Violation> {
        self.take_packet(now, from, bytes, None)
    }

    /// As [`Engine::handle`], for the packet of an offer whose payload the driver can read at this
    /// address of the sender's: it is told by [`Engine::next_fetch`] when to.
    pub fn handle_lent(
        &mut self,
        now: Duration,
        from: ProcessId,
        bytes: Bytes,
        address: u64,
    ) -> Result<(), Violation> {
        self.take_packet(now, from, bytes, Some(address))
    }

    fn take_packet(
        &mut self,
        now: Duration,
        from: ProcessId,
        bytes: Bytes,
        address: Option<u64>,
    ) -> Result<(), Violation> {
        if from == self.me {
            return Err(Violation::Own);
        }
        if self.down.contains_key(&from) {
            return Err(Violation::Down);
        }
        let Packet { head, body } = Packet::decode(bytes, from, self.me)?;
        let key = self.peer(from).ok_or(Violation::Peers)?;
        let result = self.take_in(now, key, (head, body), address);
        self.touch(key);
        result
    }

    fn take_in(
        &mut self,
        now: Duration,
        key: Key,
        (head, body): (Head, Body),
        address: Option<u64>,
    ) -> Result<(), Violation> {
        self.acknowledged(now, key, &head)?;
        let Some(peer) = self.peers.get_mut(key) else { return Ok(()) };
        if head.asks {
            peer.inbound.ack_now();
        }
        if body == Body::Ack {
            return Ok(());
        }
        match peer.inbound.order(head.sequence) {
            Order::Next => self.process_all(now, key, body, address),
            Order::Again => {
                // An acknowledgement was lost.
                peer.inbound.ack_now();
                Ok(())
            }
            Order::Early => {
                peer.inbound.ack_now();
                if self.early_bytes < EARLY_BYTES_MAX {
                    self.early_bytes += peer.inbound.keep(head.sequence, body);
                }
                Ok(())
            }
            Order::Wrong => Err(Violation::Ahead(head.sequence)),
        }
    }

    /// What the peer says of the other direction.
    fn acknowledged(&mut self, now: Duration, key: Key, head: &Head) -> Result<(), Violation> {
        let Some(peer) = self.peers.get_mut(key) else { return Ok(()) };
        if !peer.outbound.acknowledge(now, head.ack, head.has_gap) {
            return Err(Violation::Ack(head.ack));
        }
        peer.payload_credit.raise(head.payload_limit);
        peer.envelope_credit.raise(head.envelope_limit);
        while let Some((_, completes)) =
            self.peers.get_mut(key).and_then(|peer| peer.outbound.settle(head.ack))
        {
            if let Some(send) = completes {
                self.update(send, |sending| sending.state.is_delivered = true);
            }
        }
        Ok(())
    }

    /// The next body, and those that had come too early. Where payloads of these can be read is not
    /// known any more: they are asked for.
    fn process_all(
        &mut self,
        now: Duration,
        key: Key,
        body: Body,
        mut address: Option<u64>,
    ) -> Result<(), Violation> {
        let mut next = Some((body, 0));
        while let Some((body, early_bytes)) = next {
            self.early_bytes -= early_bytes;
            if let Some(peer) = self.peers.get_mut(key) {
                peer.inbound.advance(now, &body);
            }
            self.process(key, body, address.take())?;
            next = self.peers.get_mut(key).and_then(|peer| peer.inbound.take_early());
        }
        Ok(())
    }

    fn process(&mut self, key: Key, body: Body, address: Option<u64>) -> Result<(), Violation> {
        match body {
            Body::Ack => Ok(()),
            Body::Message { envelope, payload } => {
                self.check(key, &envelope, payload.len() as u64)?;
                self.arrived(envelope, Content::Whole { peer: key, payload });
                Ok(())
            }
            Body::Offer { envelope } => {
                self.check(key, &envelope, 0)?;
                self.arrived(envelope, Content::Offered { peer: key, address });
                Ok(())
            }
            Body::Ready { number } => self.ready(key, number),
            Body::Release { number } => self.released(key, number),
            Body::Matched { number } => {
                let Some(peer) = self.peers.get_mut(key) else { return Ok(()) };
                let send = peer.unmatched.remove(&number).ok_or(Violation::Unknown(number))?;
                self.update(send, |sending| sending.state.is_matched = true);
                Ok(())
            }
            Body::Chunk { number, offset, payload } => {
                if self.chunk(key, number, offset, payload) {
                    return Ok(());
                }
                Err(Violation::Chunk(number))
            }
        }
    }

    /// A message must be the next one, and there must have been leave for it.
    fn check(&mut self, key: Key, envelope: &Envelope, payload: u64) -> Result<(), Violation> {
        let Some(peer) = self.peers.get_mut(key) else { return Ok(()) };
        let number = envelope.number;
        if peer.arrived_number.checked_add(1) != Some(number) {
            return Err(Violation::Number(number));
        }
        let has_leave = peer.envelope_room.arrive(envelope.cost(), &mut self.envelope_pool)
            && peer.payload_room.arrive(payload, &mut self.payload_pool);
        if !has_leave {
            return Err(Violation::Credit(number));
        }
        peer.arrived_number = number;
        // The allowance may have grown: a peer that uses half of it should know.
        peer.free(0, 0);
        Ok(())
    }

    /// A receive has met our offer: its payload has its turns from now on.
    fn ready(&mut self, key: Key, number: u64) -> Result<(), Violation> {
        let Some(peer) = self.peers.get_mut(key) else { return Ok(()) };
        let stream = peer.offers.remove(&number).ok_or(Violation::Unknown(number))?;
        peer.unmatched.remove(&number);
        let send = stream.send;
        peer.streams.push_back(stream);
        self.update(send, |sending| sending.state.is_matched = true);
        Ok(())
    }

    /// The payload of our offer was read, or nobody wants it, which is as if it were received.
    fn released(&mut self, key: Key, number: u64) -> Result<(), Violation> {
        let Some(peer) = self.peers.get_mut(key) else { return Ok(()) };
        let stream = peer.offers.remove(&number).ok_or(Violation::Unknown(number))?;
        peer.unmatched.remove(&number);
        self.update(stream.send, |sending| {
            sending.state.is_handed = true;
            sending.state.is_matched = true;
            sending.state.is_delivered = true;
        });
        Ok(())
    }
}
