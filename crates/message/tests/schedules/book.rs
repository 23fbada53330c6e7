//! What was sent and what was received in a world, and whether that is what was promised.

use std::collections::BTreeMap;

use bytes::Bytes;
use posse_message::{Envelope, Message, Want};
use posse_wire::ProcessId;

/// Source, destination, number.
type Name = (ProcessId, ProcessId, u64);

struct Receipt {
    /// Which receive of the world it was, in the order of posting.
    order: u64,
    want: Want,
}

#[derive(Default)]
pub struct Book {
    sent: BTreeMap<Name, Envelope>,
    counts: BTreeMap<(ProcessId, ProcessId), u64>,
    received: BTreeMap<Name, Receipt>,
    dropped: Vec<Name>,
}

impl Book {
    /// The bytes of the next message between these.
    pub fn payload(&self, from: ProcessId, to: ProcessId, length: usize) -> Bytes {
        let number = self.counts.get(&(from, to)).copied().unwrap_or(0) + 1;
        bytes_of(from, number, length)
    }

    pub fn sent(&mut self, from: ProcessId, message: &Message) {
        let count = self.counts.entry((from, message.to)).or_default();
        *count += 1;
        let envelope = Envelope {
            source: from,
            destination: message.to,
            number: *count,
            scope: message.scope,
            tag: message.tag,
            length: message.payload.len() as u64,
            mode: message.mode,
            attributes: message.attributes.clone(),
        };
        self.sent.insert((from, message.to, *count), envelope);
    }

    pub fn received(
        &mut self,
        at: ProcessId,
        order: u64,
        want: &Want,
        envelope: Envelope,
        bytes: &[u8],
    ) {
        let name = self.check(at, want, &envelope);
        let expected = bytes_of(envelope.source, envelope.number, envelope.length as usize);
        assert!(bytes == expected, "other bytes in {envelope:?}");
        let before = self.received.insert(name, Receipt { order, want: want.clone() });
        assert!(before.is_none() && !self.dropped.contains(&name), "twice: {envelope:?}");
    }

    pub fn dropped(&mut self, at: ProcessId, want: &Want, envelope: &Envelope) {
        let name = self.check(at, want, envelope);
        let is_new = !self.dropped.contains(&name) && !self.received.contains_key(&name);
        assert!(is_new, "twice: {envelope:?}");
        self.dropped.push(name);
    }

    fn check(&self, at: ProcessId, want: &Want, envelope: &Envelope) -> Name {
        let name = (envelope.source, envelope.destination, envelope.number);
        assert_eq!(self.sent.get(&name), Some(envelope), "not as it was sent");
        assert!(envelope.destination == at && want.accepts(envelope), "not for {want:?}");
        name
    }

    /// Nothing that was sent between the living is missing.
    pub fn check_gaps(&self, is_alive: impl Fn(ProcessId) -> bool) {
        for (name, envelope) in &self.sent {
            let is_here = self.received.contains_key(name) || self.dropped.contains(name);
            let is_due = is_alive(name.0) && is_alive(name.1);
            assert!(is_here || !is_due, "lost: {envelope:?}");
        }
    }

    /// Two messages of one pair and scope, two receives that each accept both: the first message
    /// went to the receive that was posted first.
    pub fn check_order(&self) {
        let mut pairs: BTreeMap<_, Vec<(&Envelope, &Receipt)>> = BTreeMap::new();
        for (name, receipt) in &self.received {
            let envelope = &self.sent[name];
            pairs.entry((name.0, name.1, envelope.scope)).or_default().push((envelope, receipt));
        }
        for list in pairs.values() {
            for (at, (first, a)) in list.iter().enumerate() {
                for (second, b) in &list[at + 1..] {
                    let is_either = a.want.accepts(second) && b.want.accepts(first);
                    assert!(a.order < b.order || !is_either, "{second:?} overtook {first:?}");
                }
            }
        }
    }

    pub fn count(&self) -> usize {
        self.received.len()
    }
}

/// No two messages have the same bytes, and no part of one is like another part.
fn bytes_of(from: ProcessId, number: u64, length: usize) -> Bytes {
    let mut word = from.0 << 40 | number << 24;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&word.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        word += 1;
    }
    bytes.truncate(length);
    bytes.into()
}
