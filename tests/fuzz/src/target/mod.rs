//! What reads bytes of strangers, one a file. A target panics where something does not hold, and
//! says what it saw as a number: equal for inputs that it treated alike.

mod copy;
mod escapes;
mod first_stage;
mod frames;
mod host_file;
mod hostset;
mod invitation;
mod messages;
mod packets;
mod pieces;
mod printed;
mod pvm;
mod rings;
mod ticket;
mod words;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use pieces::pieces;

pub struct Target {
    pub name: &'static str,
    pub says: &'static str,
    pub run: fn(&[u8]) -> u64,
    /// Its inputs, in the form of `corpus.rs`.
    pub corpus: &'static str,
}

pub const TARGETS: [&Target; 14] = [
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
    &printed::TARGET,
    &invitation::TARGET,
];

/// The number of what was seen.
fn seen(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
