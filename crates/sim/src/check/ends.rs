//! What is told to end ends: a process that got the polite signal is over, by itself or killed,
//! when its grace is.

use super::Held;
use crate::plan::SECOND;

/// A daemon looks at its deadlines when they are due.
pub const SLACK_US: u64 = SECOND / 2;

/// When a process must be over that is told to end now.
pub fn within(grace_ms: u32) -> u64 {
    u64::from(grace_ms) * 1_000 + SLACK_US
}

pub fn over(runs: bool) -> Held {
    if runs { Err("it was told to end, and runs though its grace is over".into()) } else { Ok(()) }
}
