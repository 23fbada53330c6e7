//! Bytes of strangers against everything that reads them: a target each in `target/`, a corpus of
//! interesting inputs for each in `corpus/`, and changes of those without end.
//!
//! `tests/replay.rs` runs the corpus and some thousand changes with every test run; `main.rs` goes
//! on for as long as one likes (`cargo xtask fuzz SECONDS [TARGET]`). Not for whole daemons: those
//! have the simulator (`posse-sim`) and `tests/cluster`.

// A target says what is wrong by a panic, as an assertion does.
#![allow(clippy::unwrap_used)]

mod corpus;
mod fuzzer;
mod mutate;
mod shrink;
mod target;
mod trial;

pub use corpus::{Input, parse, print};
pub use fuzzer::{Finding, Fuzzer};
pub use target::{TARGETS, Target};
