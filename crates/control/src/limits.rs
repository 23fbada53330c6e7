//! Limits and times of the control state that one voter keeps for itself; what a peer's numbers
//! are checked against stands in `posse_wire::limits`.

use std::time::Duration;

/// The step in which Raft counts time. Nobody wakes for it: steps are made up when there is
/// something to do. Fine enough that five voters seldom time out in the same one.
pub const TICK: Duration = Duration::from_millis(50);

/// Steps between a leader's heartbeats: the 0.25 s of every link (design D5).
pub const HEARTBEAT_TICKS: usize = 5;

/// A follower that heard no leader for so many steps (1 s: four heartbeats) may stand for
/// election. Writes are promised again 3 s after a leader's death.
pub const ELECTION_TICKS_MIN: usize = 20;

/// And after so many (2 s) surely does, disks and network permitting.
pub const ELECTION_TICKS_MAX: usize = 40;

/// A voter alone that nobody asks anything has nothing to wake for; it looks this seldom.
pub const REST: Duration = Duration::from_secs(3600);

/// A change or a question that no majority confirmed within this time is answered with what is
/// known: the election of a new leader fits twice.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(5);

/// Changes that wait for their majority at one leader; beyond it the next is refused, NotDone.
pub const PROPOSALS_MAX: usize = 4_096;

/// Questions that wait for the leader's confirmation; beyond it the next is refused.
pub const READS_MAX: usize = 16_384;

/// Bytes of changes that are not committed yet.
pub const UNCOMMITTED_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Messages with entries on their way to one follower.
pub const INFLIGHT_MAX: usize = 64;

/// Bytes of entries applied in one go: bounds how long one input takes.
pub const APPLY_BYTES_MAX: u64 = 1024 * 1024;

/// A snapshot is written when the log has grown by so many entries since the last,
pub const LOG_ENTRIES_MAX: u64 = 16_384;

/// or by so many bytes: the log is in memory too.
pub const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Of so many entries between snapshots one is kept behind the last (1,024), so that a follower
/// a little behind needs no snapshot.
pub const LOG_TRAIL_DIVISOR: u64 = 16;

/// A piece of a snapshot that is not acknowledged is sent again after this.
pub const CHUNK_AGAIN_AFTER: Duration = Duration::from_millis(300);

/// A snapshot's receiver that acknowledges nothing for so long is given up.
pub const SNAPSHOT_GIVE_UP_AFTER: Duration = Duration::from_secs(10);

/// Waits and watches at one voter: all clients of a large vm.
pub const WATCHES_MAX: usize = 65_536;

/// A voter that was lost may come back: it is replaced when it is down for this long, so that a
/// restart changes nothing.
pub const REPLACE_AFTER: Duration = Duration::from_secs(30);

/// Hosts among which voters are looked for, best first: more would not be better voters.
pub const CANDIDATES_MAX: usize = 32;
