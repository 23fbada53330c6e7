//! The ways of packets that pass no daemon: memory shared with other processes of this host, and
//! links to processes of other hosts.
//!
//! A pair of processes begins with its daemons. When enough was said, one asks its daemon for a
//! meeting (`Meet`). Two of one host get a socket (`Met`), over which they hand each other a ring
//! and a doorbell. Two of different hosts are told each other's key (`Introduced`), and one calls
//! (`Called`). Where that fails, or ends, packets go by the daemons again, and nothing is lost:
//! what was not acknowledged is sent again.
//!
//! - `table`: all ways of a process
//! - `pairs`, `pair`, `note`, `loans`: shared memory
//! - `directs`: links to other hosts
//! - `slots`: places for either
//! - `strangers`: who has no way yet
//! - `token`: what is waited for

mod directs;
mod loans;
mod note;
mod pair;
mod pairs;
mod slots;
mod strangers;
mod table;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod token;

use crate::limits::COPIED_BYTES_MAX;
use bytes::Bytes;
pub(super) use directs::head_of;
pub use table::Way;
pub(super) use table::{Paths, Sides, Word};
pub(super) use token::Token;

/// A small packet gets memory of its own, so that it does not keep all that was read with it alive
/// while it waits to be received.
pub(super) fn own_bytes(bytes: Bytes) -> Bytes {
    if bytes.len() <= COPIED_BYTES_MAX { Bytes::copy_from_slice(&bytes) } else { bytes }
}
