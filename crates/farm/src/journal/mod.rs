//! The journal of a holder as a pure form: what was submitted, handed out, ended.
//!
//! - `record`: what is written
//! - `frame`: its bytes, with length, checksum and how far the file was durable
//! - `scan`: a file read back, up to what a crash left behind
//!
//! Files and fsync are the daemon's. Called by `holder`, and by whoever reads a journal.

mod frame;
mod record;
mod scan;

pub use frame::Writer;
pub use record::{Count, Outcome, Record, Verdict};
pub use scan::{Scan, scan};
