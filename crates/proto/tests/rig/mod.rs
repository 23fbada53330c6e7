//! What the tests of the state machine stand on; a test uses what it needs of it.

#![allow(clippy::unwrap_used, dead_code)]

mod daemon;

pub use daemon::*;
