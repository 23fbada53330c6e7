//! `posse make`: GNU make decides what is to be done, and each line of a recipe runs as a task of
//! one job. make is told to use a shell of ours (`place`, `hook`), which is posse again with a
//! hidden word (`line`): it gives the line to the farm, waits, prints what the line printed and
//! ends as it ended. Called by `commands/task/make` and by `main`.

mod call;
mod hook;
mod line;
mod place;
mod start;

pub use line::{WORD, main as line};
pub use start::main;
