//! The ways of packets that pass no daemon: memory shared with other processes of this host.
//!
//! A pair of processes begins with its daemon. When enough was said, one asks the daemon for a
//! meeting (`Meet`), and both get a socket (`Met`), over which they hand each other a ring and a
//! doorbell (`pair`, `note`). Where that fails, or ends, packets go by the daemon again, and
//! nothing is lost: what was not acknowledged is sent again.
//!
//! Called by `connection` and `progress`, under their lock.
//!
//! - `table`: all pairs of a process
//! - `pair`: one of them
//! - `note`: what its two ends tell each other
//! - `token`: what is waited for

mod note;
mod pair;
mod table;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod token;

pub(super) use table::{Paths, Sent, Word};
pub(super) use token::Token;
