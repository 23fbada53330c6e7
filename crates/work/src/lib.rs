//! What users give to the task farm, and what they get back as a table: strings in, jobs out.
//! Sweeps, GNU parallel's command lines, GXP's task lines, task files in JSON and TOML, lines of
//! the standard input; values that tasks print; results as CSV, JSON and plots. Everything here
//! is pure: texts of files are handed in, nothing is run, no clock is read. Scheduling is the
//! farm's; printing and reading files is the command line's.
//!
//! | module | reads |
//! |---|---|
//! | [`sweep`] | `-p NAME=VALUES` and a command with `{NAME}` |
//! | [`parallel`] | GNU parallel's command line, joblog, results |
//! | [`gxp`] | `task_name host_constraint command` |
//! | [`taskfile`] | JSON and TOML with needs, inputs, outputs, dependencies, arrays |
//! | [`lines`] | each line is a task, while they come |
//!
//! All of them give [`Batch`]es: a template that tasks share, and a [`Grid`] of values from which
//! any task is computed by its number. A million points cost their columns alone. Column by
//! column, point `i` has value `i / every % len` ([`Grid::columns`]), and a [`Text`] has its
//! fields resolved to columns. Texts, needs and rules are the farm's own types, so that what is
//! shown is what runs.
//!
//! What a user wrote wrongly is a [`Mistake`]: a sentence, a place with a caret, and what to
//! write instead. What is allowed and probably not meant is a [`Warning`].

// A failed unwrap in a test is the test's failure.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod column;
mod csv;
pub mod gxp;
pub mod limits;
pub mod lines;
mod mistake;
mod near;
pub mod parallel;
mod range;
pub mod results;
mod shuffle;
pub mod sweep;
mod task;
pub mod taskfile;
mod template;
pub mod units;
pub mod values;
mod words;

pub use column::{Axis, Column, Combine, Grid, List, Values};
pub use mistake::{Mistake, Result, Warning};
pub use posse_farm::{Checkpoint, Form, Needs, Piece, Rules, Text, quote};
pub use range::Range;
pub use task::{Batch, Command, Shared, Transfer, Work, needs_in_words};
pub use template::{Dialect, Style, Template};
pub use words::words;
