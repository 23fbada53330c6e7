//! Limits of this crate, each with its reason. What the other side says is checked against them
//! before anything is mapped or allocated.
//!
//! Used throughout this crate.

use std::time::Duration;

/// Data bytes of a ring unless told otherwise: a thousand empty messages on their way, and with
/// 64 rings a process 2 MiB for both directions.
pub const RING_BYTES_DEFAULT: usize = 16 * 1024;

/// A ring holds at least a record of a cache line.
pub(crate) const RING_BYTES_MIN: usize = 128;

/// What does not fit into this goes through a segment; a length in a head word has 32 bits.
pub const RING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Rings that one doorbell tells apart: the bits of one word.
pub const RINGS_PER_BELL: u32 = 64;

/// A sleeper looks at all rings so often although nobody rang. Nobody who keeps to the protocol
/// makes that necessary; a process that wrote garbage into the doorbell's page may.
pub const LOOK_ANYWAY: Duration = Duration::from_secs(5);

/// A segment is lazily backed memory, so its size is address space: a terabyte of the 128 that a
/// process has.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 40;

/// Permits of one host: more cores than Linux is built for anywhere (8,192).
pub const PERMITS_MAX: usize = 8192;

/// Who finds no permit lets others run so many times before it blocks. A neighbour that has the
/// answer needs one turn, and a few are there when several wait.
pub(crate) const YIELDS: u32 = 8;
