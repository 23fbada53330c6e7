//! Puts the records of a container onto the disk. Every name is one component, opened beneath the
//! directory that stands on top of a stack without following links, so nothing outside of the
//! target can be reached. A file has a temporary name until its checksum is right. One file that
//! cannot be written is a fault; a full disk is the end. Called by `receive.rs`, `gather.rs`.

mod assemble;
mod content;
mod directory;
mod known;
mod list;
mod output;
mod remove;
mod settle;
mod state;

pub use state::{Receiver, Stop};
