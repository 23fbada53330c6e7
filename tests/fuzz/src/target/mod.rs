//! What reads bytes of strangers, one a file. A target panics where something does not hold, and
//! says what it saw as a number: equal for inputs that it treated alike.

mod copy;
mod escapes;
mod first_stage;
mod frames;
mod host_file;
mod hostset;
mod messages;
mod packets;
mod pvm;
mod rings;
mod ticket;
mod words;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

pub struct Target {
    pub name: &'static str,
    pub says: &'static str,
    pub run: fn(&[u8]) -> u64,
    /// Its inputs, in the form of `corpus.rs`.
    pub corpus: &'static str,
}

pub const TARGETS: [&Target; 12] = [
    &frames::TARGET,
    &messages::TARGET,
    &packets::TARGET,
    &words::TARGET,
    &hostset::TARGET,
    &host_file::TARGET,
    &escapes::TARGET,
    &first_stage::TARGET,
    &copy::TARGET,
    &rings::TARGET,
    &ticket::TARGET,
    &pvm::TARGET,
];

/// The number of what was seen.
fn seen(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Pieces of the input whose sizes its own bytes determine: a cut must make no difference.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    let mut size = bytes.len() % 7 + 1;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(size.min(rest.len()));
        size = piece.last().map_or(1, |last| usize::from(*last) % 13 + 1);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}
