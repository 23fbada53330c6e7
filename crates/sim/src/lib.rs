//! Whole virtual machines in one process from one seed: `posse_proto::Daemon` unmodified, on
//! virtual hosts, with a virtual network, virtual processes and front ends, and faults; in some
//! worlds processes with `posse_message::Engine`, unmodified.
//!
//! One seed is one world: time is a number, chance is [`Chance`], so a failure replays exactly.
//! The checks in `check/` hold one property each and look at every step. Not for: real sockets,
//! processes or terminals (`tests/cluster`). Called by `tests/seeds.rs` and the `posse-sim`
//! program; `docs/internals/simulator.md` tells how to read a replay.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod case;
mod chance;
mod check;
pub mod control;
mod extra;
mod pattern;
mod plan;
mod plant;
mod shrink;
mod trace;
mod without;
mod world;

pub use case::Case;
pub use chance::Chance;
pub use check::Violation;
pub use plant::Plant;
pub use shrink::shrink;
pub use without::Without;
pub use world::{COMMANDS, Calm, Phase, Report, State, calm, run};
