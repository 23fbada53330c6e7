//! What bounds files of tasks on a host, each with its reason.

use std::time::Duration;

/// Files that are fetched at a time; more wait. With [`WINDOW`] it bounds what is on the way to one
/// host.
pub(super) const TRANSFERS_MAX: usize = 4;

/// Parts of one file that are asked for and have not come: 1 MiB, 20 ms of round trip at
/// 400 Mbit/s. Four transfers of each of 32 hosts behind one relay fill its link's queue.
pub(super) const WINDOW: usize = 16;

/// A part that was asked for and has not come is asked for again: its link was lost, or the parent
/// waits for it itself.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(5);

/// A transfer in which nothing came for so long is given up, and its tasks wait for their turn
/// again. A lost host is looked for for 9 s.
pub(crate) const SILENT_FOR: Duration = Duration::from_secs(30);

/// Parts that children have asked for and that were not read yet; further ones are asked for again.
pub(super) const ASKED_MAX: usize = 16_384;

/// The part of a file's beginning and end that tells it from another one of the same path, size
/// and time: where formats have their heads and indexes.
pub(super) const PROBE_BYTES: u64 = 64 * 1024;

/// One read while a file is hashed.
pub(super) const READ_BYTES: usize = 256 * 1024;

/// The store takes this part of what its disk had free when it began: tasks need room too.
pub(super) const STORE_SHARE: u64 = 2;
