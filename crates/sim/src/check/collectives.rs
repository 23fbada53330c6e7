//! Collectives over engines: nobody passes a barrier before all have come, a reduction is that of
//! all members' values, and one that does not end well names a member that is over.

use super::Held;
use crate::chance::mix;
use bytes::Bytes;
use posse_message::collective::Broken;

/// In this order, again and again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Barrier,
    AllReduce,
    /// To the member with this rank.
    Reduce(usize),
}

pub fn kind(index: u64, size: usize) -> Kind {
    match index % 3 {
        0 => Kind::Barrier,
        1 => Kind::AllReduce,
        _ => Kind::Reduce(index as usize % size),
    }
}

/// What a member puts in.
pub fn value(rank: usize, index: u64) -> Bytes {
    Bytes::copy_from_slice(&mix(index << 32 | rank as u64).to_le_bytes())
}

/// Addition of what `value` gives.
pub fn add(left: &[u8], right: &[u8]) -> Bytes {
    let number = |bytes: &[u8]| bytes.first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
    Bytes::copy_from_slice(&number(left).wrapping_add(number(right)).to_le_bytes())
}

/// One ended at the member `rank`; `begun` says how many each member has begun, `over` which are.
pub fn ended(
    index: u64,
    rank: usize,
    result: &Result<Vec<Bytes>, Broken>,
    begun: &[u64],
    over: impl Fn(usize) -> bool,
) -> Held {
    let cells = match result {
        Ok(cells) => cells,
        Err(Broken::Down(member)) if over(*member) => return Ok(()),
        Err(broken) => return Err(format!("collective {index}: {broken}, which is not so")),
    };
    let kind = kind(index, begun.len());
    let all: Vec<Bytes> = (0..begun.len()).map(|rank| value(rank, index)).collect();
    let sum = all.iter().fold(value_of_nothing(), |sum, value| add(&sum, value));
    let is_right = match kind {
        Kind::Barrier => begun.iter().all(|begun| *begun > index),
        Kind::AllReduce => cells.first() == Some(&sum),
        Kind::Reduce(root) => root != rank || cells.first() == Some(&sum),
    };
    if is_right { Ok(()) } else { Err(format!("{kind:?} {index} ended too early, or wrong")) }
}

fn value_of_nothing() -> Bytes {
    Bytes::copy_from_slice(&[0; 8])
}
