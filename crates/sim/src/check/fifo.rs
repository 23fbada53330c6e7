//! Messages: of one pair and scope they come in the order in which they were sent, each at most
//! once, as they were sent, and without a gap until the receiver was told that the sender is over.

use super::Held;
use crate::chance::mix;
use bytes::Bytes;
use posse_message::{Envelope, Scope};
use posse_wire::ProcessId;
use std::collections::BTreeMap;

type Pair = (ProcessId, ProcessId);

/// What was sent, and how far each line of it was received.
#[derive(Debug, Default)]
pub struct Book {
    /// Messages of a pair so far.
    counts: BTreeMap<Pair, u64>,
    lines: BTreeMap<(Pair, Scope), Line>,
}

#[derive(Debug, Default)]
struct Line {
    /// Numbers and lengths of the messages sent.
    sent: Vec<(u64, usize)>,
    /// Of those, so many were met by a receive, or passed over.
    met: usize,
}

impl Book {
    /// The tag of the next message of a pair, which is its number here, and its bytes.
    pub fn next(&self, pair: Pair, length: usize) -> (i64, Bytes) {
        let number = self.counts.get(&pair).copied().unwrap_or(0) + 1;
        (number as i64, bytes_of(pair, number, length))
    }

    pub fn sent(&mut self, pair: Pair, scope: Scope, length: usize) {
        let count = self.counts.entry(pair).or_default();
        *count += 1;
        self.lines.entry((pair, scope)).or_default().sent.push((*count, length));
    }

    /// Whether something between these two was not received.
    pub fn is_behind(&self, pair: Pair) -> bool {
        let lines = self.lines.iter().filter(|((of, _), _)| *of == pair);
        lines.into_iter().any(|(_, line)| line.met < line.sent.len())
    }

    pub fn pairs(&self) -> impl Iterator<Item = Pair> {
        self.counts.keys().copied()
    }
}

/// A receive has met this message; `told` whether its sender is known to be over there.
pub fn met(book: &mut Book, envelope: &Envelope, told: bool) -> Held {
    let (pair, number) = ((envelope.source, envelope.destination), envelope.tag as u64);
    let line = book.lines.get_mut(&(pair, envelope.scope));
    let Some(line) = line else { return Err("a message that was never sent".to_owned()) };
    let Some(next) = line.sent.get(line.met) else {
        return Err(format!("message {} came, and all had come", number));
    };
    if number < next.0 {
        return Err(format!("message {} came again, or after {}", number, next.0));
    }
    let ahead = line.sent[line.met..].iter().position(|(sent, _)| *sent == number);
    let Some(ahead) = ahead else {
        return Err(format!("message {} was not sent in this scope", number));
    };
    if ahead > 0 && !told {
        return Err(format!("message {} came, {} did not", number, next.0));
    }
    line.met += ahead + 1;
    if line.sent[line.met - 1].1 as u64 != envelope.length {
        return Err(format!("message {} has another length", number));
    }
    Ok(())
}

/// All of a message is here.
pub fn whole(envelope: &Envelope, bytes: &[u8]) -> Held {
    let (pair, number) = ((envelope.source, envelope.destination), envelope.tag as u64);
    if bytes == bytes_of(pair, number, envelope.length as usize) {
        return Ok(());
    }
    Err(format!("message {number} has other bytes than were sent"))
}

/// No two messages have the same bytes.
fn bytes_of((from, to): Pair, number: u64, length: usize) -> Bytes {
    let mut word = mix(from.0 ^ mix(to.0 ^ mix(number)));
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&word.to_le_bytes());
        word = word.wrapping_mul(5).wrapping_add(1);
    }
    bytes.truncate(length);
    bytes.into()
}
