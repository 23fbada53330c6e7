//! Stdin is exact at every process that is alive to read it: in order, without gap or double,
//! and with its end where the front end put it.

use super::Held;
use crate::pattern::{Pattern, Stream};

/// More bytes for a process.
pub fn written(pattern: &Pattern, stream: Stream, given: u64, bytes: &[u8]) -> Held {
    if pattern.fits(stream, given, bytes) {
        return Ok(());
    }
    Err(format!("bytes {given}..{} are not those sent", given + bytes.len() as u64))
}

/// The process read the end of its stdin.
pub fn ended(given: u64, total: Option<u64>) -> Held {
    if total == Some(given) {
        return Ok(());
    }
    Err(format!("stdin ended after {given} bytes, the front end sent {total:?}"))
}
