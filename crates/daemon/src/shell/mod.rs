//! The shell around the state machine: feeds it what happens on this host and carries out what it
//! wants done. One thread; nothing here blocks for longer than a system call. Made by `run`.

mod carry;
mod children;
mod core;
mod input_pipe;
mod link;
mod meet;
mod output_pipe;
mod processes;
mod tick;

pub(crate) use self::core::{Ending, Parts, Shell};
pub(crate) use children::watch as watch_children;
