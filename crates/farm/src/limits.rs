//! What bounds the memory and the times of the task farm, each with its reason. What a peer's
//! numbers are checked against stands here too: no other crate reads batches.

use std::time::Duration;

/// Tasks of one batch: at most this many are checked and kept between two other events of the
/// daemon (some 10 ms).
pub const BATCH_TASKS_MAX: u32 = 1 << 20;

/// Values, kinds and dependencies of one batch. A front end cuts what is longer into several.
pub const BATCH_BYTES_MAX: usize = 64 << 20;

/// Tasks of one job: numbers are 32 bits, and the last is kept free.
pub const JOB_TASKS_MAX: u32 = u32::MAX - 1;

/// Name and environment of a job: what Linux lets a program have (ARG_MAX is 2 MiB).
pub const JOB_BYTES_MAX: usize = 2 << 20;

/// Jobs that a holder keeps, those included that are over and not dropped. Each costs some
/// kilobytes.
pub const JOBS_MAX: usize = 65_536;

/// Distinct needs that are kept at once. All that have ready tasks are looked at when a host has
/// room: at some 20 ns each, this many cost less than one start of a process.
pub const NEEDS_MAX: usize = 4_096;

/// What one task may print as values: some dozens of numbers. The rest is in its output.
pub const VALUES_BYTES_MAX: usize = 4_096;

/// Inputs and outputs of one task together: what a directory of results has; each output is an
/// open file while it is brought home.
pub const FILES_MAX: usize = 256;

/// The longest record of a journal: a batch, whose template and environment come on top of
/// [`BATCH_BYTES_MAX`].
pub const RECORD_BYTES_MAX: usize = BATCH_BYTES_MAX + (16 << 20);

/// Work that a host has at hand beside what runs: some round trips of a busy tree, so that it does
/// not idle between tasks; little enough that it hardly matters who has it at the end of a job.
pub const AHEAD: Duration = Duration::from_millis(200);

/// Tasks that are handed ahead to one host, however short they are.
pub const AHEAD_TASKS_MAX: u32 = 1_024;

/// Tasks in one `Hand` order: with values of 1 KiB each it is one frame of a daemon.
pub const HAND_TASKS_MAX: usize = 256;

/// A large task lets smaller ones pass for this long: enough for many of them to end, little
/// beside tasks that need many cores.
pub const RESERVE_AFTER: Duration = Duration::from_secs(30);

/// A holder that began again waits so long for hosts that have tasks of it: a host looks for
/// another way for 9 s, and its daemon's restart takes 5.
pub const ATTACH_WITHIN: Duration = Duration::from_secs(30);

/// A task that runs for twice the time of others is a straggler (LATE, OSDI 2008, and GNU
/// parallel's `--timeout 200%` use the same).
pub const COPY_AFTER: f64 = 2.0;

/// And no task has a second copy before it ran for this: starting one costs more than shorter
/// tasks.
pub const COPY_AFTER_AT_LEAST: Duration = Duration::from_secs(1);

/// Second copies of one job that are begun in one tick.
pub const COPIES_PER_TICK: usize = 16;

/// What waits at a host on which nothing began or ended for this long goes to others.
pub const RECALL_AFTER: Duration = Duration::from_secs(1);

/// And such a host is tried again after this, if nothing ends there before: about as long as the
/// longest wait for descriptors.
pub const STALL_FOR: Duration = Duration::from_secs(10);

/// The highest number of an attempt that is believed of a host whose attempt the journal lost: far
/// from the end of the numbers, so that the next one is another.
pub const ATTEMPTS_MAX: u32 = 1 << 30;

/// How often stragglers, reservations and stalls are looked for while there is work.
pub const TICK: Duration = Duration::from_secs(1);

/// Jobs with the same needs that are looked at for one host with room: those before may be at
/// their caps.
pub const LOOK_AHEAD_JOBS: usize = 32;

/// Outcomes or tries in one record of a snapshot.
pub const RECORD_TASKS_MAX: usize = 4_096;

/// A journal is worth a snapshot when it is this long and twice as long as the last one.
pub const COMPACT_BYTES_MIN: u64 = 64 << 20;

/// Cores of one NUMA node that are pinned to: more than any has.
pub const CORES_MAX: usize = 4_096;

/// Holders that one host works for. A vm has one for each daemon at which jobs are submitted.
pub const HOLDERS_MAX: usize = 256;

/// Shapes of jobs that a host keeps of one holder; an order beyond it is given back.
pub const SHAPES_MAX: usize = 65_536;

/// Tasks that wait at a host: those of some holders' `AHEAD_TASKS_MAX`, and what they granted.
pub const QUEUE_TASKS_MAX: usize = 65_536;

/// Results that no holder has taken; beyond it nothing more is started. Some megabytes.
pub const UNTAKEN_MAX: usize = 16_384;

/// Tasks at the head of a host's queue that do not fit and are passed by others.
pub const PASSED_TASKS_MAX: usize = 16;

/// After a start failed for want of descriptors or processes, the first wait, and the longest: a
/// process of ours that ends is the likeliest help, and starts work again at once.
pub const SHORT_WAIT: Duration = Duration::from_millis(50);
pub const SHORT_WAIT_MAX: Duration = Duration::from_secs(5);

/// A host works on for a holder that is silent for this long, as attached commands outlive a lost
/// connection (`session grace`, 10 min). Beyond it, it ends that holder's tasks.
pub const LEASE: Duration = Duration::from_secs(600);
