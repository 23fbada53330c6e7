//! `posse console`: commands of posse without the word posse, line by line, at a prompt with
//! history and completion, or from a script. Each line is a process of its own, so that ^C and
//! whatever goes wrong ends that line alone. Called by `commands::console`.

mod child;
mod complete;
mod history;
mod line;
pub mod names;
mod prompt;
mod session;
pub mod words;

pub use session::{interactive, script};
