//! What the tests of processes share. Used by `processes.rs`, `families.rs` and `keeper.rs`.
#![allow(clippy::unwrap_used)]
#![allow(dead_code, unused_imports)] // Each test program uses a part of it.

mod machine;
mod spec;
mod wait;

pub use machine::{Host, Run, host, read_all, stand_in};
pub use spec::{COMMAND, argv, place, program, sh};
pub use wait::{folder, is_running, read_to_end, running_with, until};
