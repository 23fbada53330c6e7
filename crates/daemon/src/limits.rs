//! Limits and times of the daemon's own, each with its reason; what a peer's numbers are checked
//! against stands in `posse_wire::limits`.

use std::time::Duration;

/// News of launches that wait for their campaign; two for each login that may be under way.
pub(crate) const NEWS_MAX: usize = 256;

/// Connections to the direct port whose peer has not proven its key yet; more wait in the
/// kernel's queue. A stranger holds one for the handshake's time at most.
pub(crate) const UNPROVEN_MAX: usize = 8;

/// Changes of the host table that may wait are written together after this: 128 hosts that come
/// up at once cost some writes and not 128.
pub(crate) const GATHER: Duration = Duration::from_millis(100);

/// Pipes of a process that streams are widened to this from the kernel's 64 KiB: a quarter of the
/// wake-ups. Within what the kernel lets every user have (16,384 pages) for 256 such pipes.
pub(crate) const WIDE_PIPE_BYTES: usize = 256 * 1024;

/// What a main process leaves behind is asked to end, and killed after this.
pub(crate) const LEFTOVER_GRACE: Duration = Duration::from_millis(500);

/// Versions of the binary that a cache keeps at least, however old: the one in use, and the one
/// that an upgrade may be taken back to.
pub(crate) const CACHE_KEPT: usize = 2;

/// A version that no daemon has used for so long is removed. Daemons on other hosts of a shared
/// home can not be seen from here, but they mark theirs every day.
pub(crate) const CACHE_AGE: Duration = Duration::from_secs(30 * 24 * 3600);

/// How often a daemon marks its version as used and looks for old ones.
pub(crate) const CACHE_LOOK_EVERY: Duration = Duration::from_secs(24 * 3600);

/// What a broken transfer left is removed after this; no transfer takes so long.
pub(crate) const CACHE_PART_AGE: Duration = Duration::from_secs(24 * 3600);

/// After a failed accept (no descriptors left) the next one waits, so that the daemon does not
/// spin.
pub(crate) const ACCEPT_AGAIN: Duration = Duration::from_millis(200);
