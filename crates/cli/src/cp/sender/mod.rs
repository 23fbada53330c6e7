//! Reads files and directories into a container: lists a batch, asks what of it is lacked, sends
//! that. What cannot be read is a fault and is left out; what is neither file, directory nor link
//! is not copied. A source that is a link is followed, links beneath it are kept. Runs where the
//! files are. Called by `send.rs` and `spread.rs`.

mod answers;
mod contents;
mod list;
mod recipes;
mod state;

pub use answers::{Answers, Everything, Lines};
pub use state::{Reading, Sender};
