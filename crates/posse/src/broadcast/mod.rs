//! One stream of bytes to all processes of a command, each of which reads at its own pace.
//!
//! `fanout` decides who is sent what and when, `log` keeps what somebody still needs, `store` is
//! the log's disk; `input` is what the processes' acknowledgements reach; `stdin` (waits for the
//! slowest) and `spill` (leaves the slowest behind) send. Called by `run`.

mod fanout;
mod input;
mod log;
mod members;
mod policy;
mod spill;
mod stdin;
mod store;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub(crate) use input::{Input, Sender};
pub use policy::SpillLimits;
pub use spill::Broadcast;
pub use stdin::Stdin;
