//! The console of PVM on a vm: its 27 commands with their flags and forms of output. What is asked
//! of hosts and tasks is the vm's; nothing here needs PVM's library. Called by `posse pvm`, and by
//! the name of a symlink.
//!
//! - `session`: the loop over lines; `console`: what it knows; `act`: from a line to a command
//! - `options`, `place`, `request`, `lines`, `trace`, `settings`, `help`: pure
//! - `hosts`, `tasks`, `signals`, `spawn`, `job`, `mail`, `names`: the commands

mod act;
mod console;
mod help;
mod hosts;
mod job;
mod lines;
mod mail;
mod names;
mod options;
mod place;
mod request;
mod session;
mod settings;
mod signals;
mod spawn;
mod start;
mod tasks;
mod trace;

pub use session::main;
