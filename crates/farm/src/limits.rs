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
