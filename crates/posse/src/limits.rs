//! Limits and delays of a front end's connection, each with its reason.
//!
//! Not for: what the daemon's frames are checked against, nor what several crates share (both in
//! `wire::limits`). Used throughout this crate.

use posse_wire::limits;
use std::time::Duration;

/// What is read from the socket at a time: a chunk and some control frames.
pub(crate) const READ_BYTES_MAX: usize = 2 * limits::CHUNK_BYTES_MAX;

/// What a process may have given to its daemon's socket and that has not taken: some packets. The
/// rest waits where it can still be sent another way.
pub(crate) const OUTPUT_BYTES_MAX: usize = 2 * limits::CHUNK_BYTES_MAX;

/// A message up to this is copied out of what was read with it, so that it does not keep all that
/// alive while it waits to be received.
pub(crate) const COPIED_BYTES_MAX: usize = 4 * 1024;

/// Processes that are over and that a face has not asked for; the first is forgotten then.
pub(crate) const GONE_MAX: usize = limits::FOLLOWERS_MAX;

/// As [`READ_BYTES_MAX`], for the welcome: that of a vm with some dozen hosts.
pub(crate) const WELCOME_READ_BYTES_MAX: usize = 16 * 1024;

/// What may wait for the consumer before the reader thread does.
pub(crate) const REPLAY_FRAMES_MAX: usize = 128;

/// Beyond so many waiting events small chunks of a stream are joined, so that a program that
/// writes single bytes costs its window and not a hundred times that.
pub(crate) const CROWDED_ENTRIES_MAX: usize = 4096;

/// Changes of names that nobody has taken yet; as many as hosts that may go at once.
pub(crate) const NAME_CHANGES_MAX: usize = limits::TARGETS_MAX;

/// The daemon says that the time of a wait is over; nobody waits longer for that.
pub(crate) const NAME_SLACK: Duration = Duration::from_secs(6);

/// How often the starter of a daemon is looked at; it takes some milliseconds.
pub(crate) const STARTER_LOOK_EVERY: Duration = Duration::from_millis(2);

/// What is shown of a starter's complaints.
pub(crate) const COMPLAINT_BYTES_MAX: u64 = 4096;

/// So long a process looks for a daemon that leads: another host takes the lead within some
/// seconds, a crashed daemon is back within one, and a network is cut for less than this or for
/// long.
pub(crate) const BOARD_LOST_AFTER: Duration = Duration::from_secs(60);

/// Before the second try to connect; each later one waits twice as long.
pub(crate) const BOARD_PAUSE_FIRST: Duration = Duration::from_millis(50);

/// Between tries at most: what all processes of a large host may ask of its daemon.
pub(crate) const BOARD_PAUSE_MAX: Duration = Duration::from_secs(1);

/// A wait whose deadline has passed is taken back at the daemon, which takes a round trip; nobody
/// waits longer for that.
pub(crate) const BOARD_STOP_WITHIN: Duration = Duration::from_secs(6);
