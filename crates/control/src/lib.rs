//! The replicated control state of a vm: who is a member, settings, the registry of names.
//!
//! `state` is the deterministic machine that every voter holds; `consensus` drives it by a log
//! that a majority of voters has on disk (Raft, the `raft` crate); `voters` says who should vote;
//! `log` is the form of the log on disk. No I/O, no clock, no chance: time, entropy and the
//! results of writes come in as [`consensus::Input`], and [`consensus::Output`]s say what to send
//! and write. Not for: spawning, streams, messages, calls, task dispatch, which never pass here.
//! Called by the daemon of a voter, and by `sim`.

pub mod consensus;
pub mod limits;
pub mod log;
pub mod state;
pub mod voters;
mod word;

pub use word::{Ask, Said, Word};
