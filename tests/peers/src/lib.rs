//! Programs that we did not write, and what they must print: run on the real system and on posse,
//! compared with what the real one said. For the tests in `tests/`. Not for our own scenarios:
//! those are `tests/cluster`.
//!
//! `tests/peers/README.md` says how to run, record and switch rows on.

// A helper of tests says what is wrong by a panic, as an assertion does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod build;
mod differ;
mod expected;
mod machine;
mod normal;
mod places;
mod program;
mod row;
mod table;

pub use build::{Programs, sabotage};
pub use expected::{difference, passing, record};
pub use machine::{Heard, Machine};
pub use normal::{Normal, Order};
pub use places::libraries;
pub use program::{PROGRAMS, Program};
pub use row::{Differs, Form, Row};
pub use table::rows;
