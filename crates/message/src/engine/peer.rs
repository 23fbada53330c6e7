//! One pair: the session with a peer, what waits to be sent to it, what it is being fetched, what
//! is fetched from it. Decides which packet goes next. Called by the other files of `engine`.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use posse_wire::ProcessId;

use crate::envelope::{Envelope, Mode};
use crate::limits::{
    ENVELOPE_ALLOWANCE_BYTES_MAX, ENVELOPE_ALLOWANCE_BYTES_MIN, PACKET_COST_BYTES,
    PACKET_PAYLOAD_BYTES_MAX, PAYLOAD_ALLOWANCE_BYTES_MAX, PAYLOAD_ALLOWANCE_BYTES_MIN, QUEUE_KEPT,
};
use crate::packet::{Body, Head, Packet};
use crate::session::{Allowance, Credit, Inbound, Outbound};
use crate::slab::Key;

/// A message that has not left.
#[derive(Debug)]
pub struct Queued {
    pub envelope: Envelope,
    pub payload: Bytes,
    pub send: Key,
}

/// A message whose envelope has left alone.
#[derive(Debug)]
pub struct Stream {
    pub number: u64,
    /// What has not left.
    pub payload: Bytes,
    pub offset: u64,
    pub send: Key,
    /// The peer may read it, and has not said that it has.
    pub is_lent: bool,
}

/// A packet that leaves, and the send of which no byte is left behind by it.
#[derive(Debug)]
pub struct Departure {
    pub packet: Packet,
    pub handed: Option<Key>,
}

#[derive(Debug)]
pub struct Peer {
    pub id: ProcessId,
    /// Stands among those that may have something to send.
    pub is_listed: bool,
    /// Counted among those that have not acknowledged all.
    pub is_behind: bool,
    /// Its path takes nothing for now.
    pub is_paused: bool,
    eager_bytes: usize,

    pub outbound: Outbound,
    pub payload_credit: Credit,
    pub envelope_credit: Credit,
    /// Of the last message that was sent to it.
    pub sent_number: u64,
    pub queue: VecDeque<Queued>,
    /// Offered, and not asked for.
    pub offers: BTreeMap<u64, Stream>,
    /// Asked for. They take turns.
    pub streams: VecDeque<Stream>,
    /// What messages have sent since a stream had its turn, in bytes.
    since_stream: usize,
    /// Synchronous messages that no receive has met, as far as known.
    pub unmatched: BTreeMap<u64, Key>,
    pub replies: VecDeque<Body>,
    /// The next message waits for credit alone.
    is_blocked: bool,
    asks: bool,

    pub inbound: Inbound,
    pub payload_room: Allowance,
    pub envelope_room: Allowance,
    /// Of the last message that came from it.
    pub arrived_number: u64,
    /// Receives that get the payload of its offers.
    pub pulls: BTreeMap<u64, Key>,
}

impl Peer {
    pub fn new(id: ProcessId, eager_bytes: usize) -> Peer {
        let (payload, payload_max) = (PAYLOAD_ALLOWANCE_BYTES_MIN, PAYLOAD_ALLOWANCE_BYTES_MAX);
        let (envelope, envelope_max) = (ENVELOPE_ALLOWANCE_BYTES_MIN, ENVELOPE_ALLOWANCE_BYTES_MAX);
        Peer {
            id,
            is_listed: false,
            is_behind: false,
            is_paused: false,
            eager_bytes,
            outbound: Outbound::default(),
            payload_credit: Credit::new(payload),
            envelope_credit: Credit::new(envelope),
            sent_number: 0,
            queue: VecDeque::new(),
            offers: BTreeMap::new(),
            streams: VecDeque::new(),
            since_stream: 0,
            unmatched: BTreeMap::new(),
            replies: VecDeque::new(),
            is_blocked: false,
            asks: false,
            inbound: Inbound::default(),
            payload_room: Allowance::new(payload, payload_max),
            envelope_room: Allowance::new(envelope, envelope_max),
            arrived_number: 0,
            pulls: BTreeMap::new(),
        }
    }

    /// Whether there is something that this peer has not acknowledged: sent, or to be sent.
    pub fn has_undelivered(&self) -> bool {
        let is_waiting = !self.queue.is_empty() || !self.replies.is_empty();
        let is_large = !self.offers.is_empty() || !self.streams.is_empty();
        is_waiting || is_large || !self.outbound.is_empty()
    }

    /// The packet that goes next: one that was lost, a reply, a message or a chunk, or an
    /// acknowledgement alone.
    pub fn next(&mut self, now: Duration) -> Option<Departure> {
        if let Some((sequence, body)) = self.outbound.again() {
            return Some(self.depart(sequence, body, None));
        }
        if self.outbound.has_reply_room()
            && let Some(body) = self.replies.pop_front()
        {
            let sequence = self.outbound.send(now, body.clone(), None);
            return Some(self.depart(sequence, body, None));
        }
        let is_turn = self.queue.is_empty() || self.since_stream >= PACKET_PAYLOAD_BYTES_MAX;
        // Who has the turn keeps it until there is room: else small messages would take it all.
        let departure = if is_turn && !self.streams.is_empty() {
            self.next_chunk(now)
        } else {
            self.next_message(now).or_else(|| self.next_chunk(now))
        };
        if departure.is_some() {
            return departure;
        }
        (self.asks || self.inbound.must_ack()).then(|| self.depart(0, Body::Ack, None))
    }

    fn next_message(&mut self, now: Duration) -> Option<Departure> {
        self.is_blocked = false;
        let next = self.queue.front()?;
        let (cost, length) = (next.envelope.cost(), next.payload.len());
        if !self.envelope_credit.has(cost) {
            self.is_blocked = true;
            // An acknowledgement that told of more may be lost: it is asked for then.
            self.outbound.arm(now);
            return None;
        }
        let may_go = next.envelope.mode != Mode::Rendezvous
            && length <= self.eager_bytes
            && self.payload_credit.has(length as u64);
        let is_whole = may_go || length == 0;
        let travels = if is_whole { length } else { 0 };
        if !self.outbound.has_room(travels) {
            return None;
        }
        let Queued { envelope, payload, send } = self.queue.pop_front()?;
        if self.queue.is_empty() {
            self.queue.shrink_to(QUEUE_KEPT);
        }
        self.envelope_credit.spend(cost);
        self.payload_credit.spend(travels as u64);
        if !self.streams.is_empty() {
            self.since_stream += travels + PACKET_COST_BYTES;
        }
        let number = envelope.number;
        if envelope.mode == Mode::Synchronous {
            self.unmatched.insert(number, send);
        }
        if is_whole {
            let body = Body::Message { envelope, payload };
            let sequence = self.outbound.send(now, body.clone(), Some(send));
            return Some(self.depart(sequence, body, Some(send)));
        }
        let stream = Stream { number, payload, offset: 0, send, is_lent: false };
        self.offers.insert(number, stream);
        let body = Body::Offer { envelope };
        let sequence = self.outbound.send(now, body.clone(), None);
        Some(self.depart(sequence, body, None))
    }

    fn next_chunk(&mut self, now: Duration) -> Option<Departure> {
        let length = self.streams.front()?.payload.len().min(PACKET_PAYLOAD_BYTES_MAX);
        if !self.outbound.has_room(length) {
            return None;
        }
        let mut stream = self.streams.pop_front()?;
        self.since_stream = 0;
        let (number, offset, send) = (stream.number, stream.offset, stream.send);
        let payload = stream.payload.split_to(length);
        stream.offset += length as u64;
        let is_last = stream.payload.is_empty();
        if !is_last {
            self.streams.push_back(stream);
        }
        let body = Body::Chunk { number, offset, payload };
        let ends = is_last.then_some(send);
        let sequence = self.outbound.send(now, body.clone(), ends);
        Some(self.depart(sequence, body, ends))
    }

    /// With the newest that there is to say about the other direction.
    fn depart(&mut self, sequence: u64, body: Body, handed: Option<Key>) -> Departure {
        let (ack, has_gap) = self.inbound.tell();
        let head = Head {
            sequence,
            ack,
            payload_limit: self.payload_room.tell(),
            envelope_limit: self.envelope_room.tell(),
            has_gap,
            asks: std::mem::take(&mut self.asks),
        };
        Departure { packet: Packet { head, body }, handed }
    }

    /// What waited for a receive waits no more; the peer hears of it soon if it may need it.
    pub fn free(&mut self, payload: u64, envelope: u64) {
        self.payload_room.free(payload);
        self.envelope_room.free(envelope);
        if self.payload_room.is_news() || self.envelope_room.is_news() {
            self.inbound.ack_now();
        }
    }

    /// When it is to be looked at next.
    pub fn deadline(&self) -> Option<Duration> {
        let times = [self.outbound.deadline(), self.inbound.deadline()];
        times.into_iter().flatten().min()
    }

    pub fn tick(&mut self, now: Duration) {
        if self.outbound.tick(now) && self.outbound.is_empty() {
            self.asks = self.is_blocked;
        }
        self.inbound.tick(now);
    }
}
