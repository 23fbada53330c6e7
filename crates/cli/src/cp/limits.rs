//! Limits of what the ends of a copy say to each other, each with its reason. Those of the
//! container are `posse_data::limits`. Called by the other files here.

/// One line of a receiver's report: a path of PATH_MAX, each byte of it written as six.
pub const REPORT_BYTES_MAX: usize = 32 * 1024;

/// Bytes of a path in a report; PATH_MAX.
pub const SHOWN_BYTES_MAX: usize = 4096;

/// Changes that one host has reported and that are not yet printed: a batch of files has no more.
pub const ITEMS_MAX: usize = 4096;

/// Changes that a receiver reports together: some 4 kB.
pub const ITEMS_AT_ONCE: usize = 64;

/// Faults that a host names one by one; of more it says how many.
pub const FAULTS_NAMED: usize = 16;

/// Looks for hosts that share a file system; what is not settled by then is written twice.
pub const ROUNDS_MAX: usize = 3;

/// An unfinished file that is smaller is not kept: it is sent again as fast as it is found.
pub const PARTIAL_BYTES_MIN: u64 = 1024 * 1024;
