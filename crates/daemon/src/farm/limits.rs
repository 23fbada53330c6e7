//! What bounds the daemon's part of the task farm, each with its reason.

use std::time::Duration;

/// Output that is kept of one attempt, of both streams: what people look at. A task that says more
/// is to write a file.
pub const OUTPUT_BYTES_MAX: usize = 256 * 1024;

/// Outputs on a host whose results no holder has taken; beyond it only their sizes are kept.
pub const OUTPUTS_BYTES_MAX: usize = 32 << 20;

/// What one letter to a holder may carry of outputs; more goes with the next. A third of what all
/// pieces of one may have together.
pub const LETTER_BYTES: usize = 32 << 20;

/// Orders in one letter: each has 256 tasks at most.
pub const LETTER_ORDERS: usize = 64;

/// Bytes of output that are read before others get their turn.
pub const PUMP_BYTES: usize = 1 << 20;

/// A disk that refused the journal is tried again after this.
pub const DISK_AGAIN: Duration = Duration::from_secs(1);

/// A holder with open jobs says that it is there this often: ten times within a lease
/// (`posse_farm::limits::LEASE`).
pub const THERE_EVERY: Duration = Duration::from_secs(60);

/// Who follows a job is told of changes at most so often: as fast as a progress bar is drawn.
pub const TELL_EVERY: Duration = Duration::from_millis(100);

/// Front ends that follow jobs, in all.
pub const FOLLOWERS_MAX: usize = 4_096;

/// What tasks print while they run is told so often, to those who look at it: as a person reads.
pub const LIVE_EVERY: Duration = Duration::from_millis(100);

/// Of one stream at a time: with what stands around it less than a piece of an answer, of which a
/// slow front end loses some.
pub const LIVE_PART_BYTES: usize = 64 * 1024;

/// And of all of a host: 40 MB/s, more than is looked at.
pub const LIVE_BYTES: usize = 4 << 20;

/// Front ends that look at what tasks print, in all.
pub const LIVE_MAX: usize = 256;

/// Questions for the ends of single tasks that may be open, in all: as many lines of makefiles run
/// at a time.
pub const EXPECTED_MAX: usize = 16_384;

/// Rows of one answer: some hundred kilobytes.
pub const ROWS: usize = 2_048;

/// Outputs of one answer, in bytes; one at least.
pub const OUTPUTS_BYTES: usize = 4 << 20;

/// Bytes of parameters and values in the rows of one answer: rows may carry far longer values than
/// is usual.
pub const ROWS_BYTES: usize = 16 << 20;

/// What a host with work looks at of its computer, this often: a look costs some 30 us for each
/// process of a task.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The same where an owner who comes back is not to notice anything.
pub const LOOK_EVERY_BORROWED: Duration = Duration::from_secs(2);

/// And where a task has a limit of memory: fast programs take some GB in this time.
pub const LOOK_EVERY_LIMITED: Duration = Duration::from_secs(1);

/// Looks that lie further apart say nothing of now.
pub const LOOK_GAP: Duration = Duration::from_secs(120);

/// A host looks on for so long after a holder last said that it is there
/// ([`THERE_EVERY`], twice).
pub const HEARD_WITHIN: Duration = Duration::from_secs(120);

/// The load of others is that of about this time: shorter, and each click costs a core.
pub const LOAD_OVER: Duration = Duration::from_secs(10);

/// Cores of others are counted anew when they differ by so many thousandths from what was told:
/// what changes between two numbers is not told at each look.
pub const COUNTED_AGAIN: f64 = 600.0;

/// Memory of others, in bytes: the same.
pub const MEMORY_STEP: u64 = 256 << 20;

/// A file of /proc or /sys that we read; /proc/interrupts of a large machine has 1 MiB.
pub const SYSTEM_FILE_BYTES: u64 = 4 << 20;
