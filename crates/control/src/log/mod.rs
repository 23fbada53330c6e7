//! The log on disk as a pure form: records with length, checksum and how far the file was known
//! to be durable when they were written. Files, directories and fsync are the daemon's.
//!
//! A voter keeps two files of one generation: a snapshot (records with chunks of the state) and a
//! log (records with hard states and entries). A new snapshot starts the next generation, whose
//! log begins with what is still needed; then the old pair is removed. Called by the daemon and
//! by the simulator's disks.

mod record;
mod scan;
mod stored;

pub use record::{HEADER_BYTES, Record, Writer};
pub use scan::{Scan, ScanError, scan};
pub use stored::{Replayed, replay};
