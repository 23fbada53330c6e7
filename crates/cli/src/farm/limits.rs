//! Bounds of the commands of the task farm, each with its reason.

/// Tasks of one batch whose values are written out one by one: some megabytes of values.
pub const EACH_TASKS: u64 = 65_536;

/// Commands that a dry run shows; the rest are counted.
pub const DRY_RUN_LINES: u64 = 20;

/// Failed tasks that are told one by one at the end.
pub const FAILURES_SHOWN: usize = 5;

/// A line of `posse executor` that is longer is no request: a kernel takes no longer command.
pub const REQUEST_BYTES_MAX: u64 = 4 << 20;

/// SQLite's own limit, as it is built (<https://www.sqlite.org/limits.html>).
pub const COLUMNS_MAX: usize = 2_000;
