//! Every wait ends: when the last fault is over, all front ends have what they wait for within
//! a bounded time, and so has every daemon.

use super::Held;
use crate::plan::SECOND;

/// Detection of a silent link (9 s), a session's grace, an output held open (5 s), a slow reader,
/// twice over for a front end that goes on after the first: all within this.
pub const DRAIN: u64 = 60 * SECOND;

pub fn ended(now: u64, faults_end: u64, waiting: impl FnOnce() -> String) -> Held {
    if now <= faults_end + DRAIN {
        return Ok(());
    }
    Err(format!("{} s after the last fault: {}", DRAIN / SECOND, waiting()))
}
