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

/// So many packets go to a process of this host by the daemon before memory is shared with it: who
/// has no more to say is not worth a ring.
pub(crate) const MEET_AFTER: u32 = 4;

/// And so many to a process of another host, where a link costs a handshake: some milliseconds.
pub(crate) const MEET_AFTER_REMOTE: u32 = 16;

/// Links to processes of other hosts at a time: descriptors are 1,024 in many places.
pub(crate) const DIRECTS_MAX: usize = 64;

/// Processes that were asked for or told of and have no link yet.
pub(crate) const INTRODUCED_MAX: usize = 256;

/// A meeting that was asked for and did not come is asked for again after four times as many
/// packets, up to this.
pub(crate) const MEET_AGAIN_MAX: u32 = 16 * 1024;

/// Processes whose packets are counted for that; others are forgotten.
pub(crate) const STRANGERS_MAX: usize = 4096;

/// A way that was used within this is not closed in favour of another one: else a process that
/// speaks to more than there are rings or links would do nothing but make some.
pub(crate) const WAY_IDLE_LEAST: Duration = Duration::from_secs(1);

/// A payload up to this is copied through the ring; a larger one costs less in one copy. A ring
/// holds it with its head.
pub(crate) const INLINE_BYTES_MAX: usize = 8 * 1024;

/// Processes that memory is shared with at a time: as many as a doorbell tells apart.
pub(crate) const PAIRS_MAX: usize = posse_shm::RINGS_PER_BELL as usize;

/// The ring of larger payloads, where memory can not be read: some chunks, so that both ends copy
/// at the same time.
pub(crate) const BULK_RING_BYTES: usize = 256 * 1024;

/// A wait spins for so long where a core is to spare: as long as a sleeping core takes to wake
/// (70 µs measured).
pub(crate) const SPIN_WITHIN: Duration = Duration::from_micros(70);

/// A wait asks after its peers again so often: the question, or its answer, may have been on a
/// link that was lost. Far longer than such links take to be remade.
pub(crate) const FOLLOW_AGAIN: Duration = Duration::from_secs(5);

/// Peers that are asked after at a time; the others have their turn with the next.
pub(crate) const FOLLOWED_AT_ONCE: usize = 256;

/// A program that has called nothing for so long is at other things: the thread of its own goes on
/// for it. A hundredth of the time after which what is lost is sent again.
pub(crate) const THREAD_RESTS: Duration = Duration::from_millis(2);

/// And that thread ends when nothing was left for so long.
pub(crate) const THREAD_RESTS_MOST: Duration = Duration::from_millis(500);

/// The descriptors are looked at so often by who finds all it wants in rings: late enough to cost
/// little, soon enough for news of deaths.
pub(crate) const LOOK_EVERY: Duration = Duration::from_micros(200);

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

/// How often a question to the task farm is asked over a connection made anew: its daemon is
/// started again within some seconds.
pub(crate) const FARM_TRIES: u32 = 40;

/// And after this time each.
pub(crate) const FARM_AGAIN: Duration = Duration::from_millis(250);

/// Inputs in one question: some megabytes of paths.
pub(crate) const FARM_PATHS: usize = 16_384;

/// Pieces of its answers that wait to be read: those of the longest one there may be.
pub(crate) const FARM_PIECES_MAX: usize = 512;

/// Another front end may use the number for a job that was given to this one: so many numbers are
/// tried.
pub(crate) const FARM_NUMBERS_TRIED: u32 = 64;
