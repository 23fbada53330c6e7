//! A host's part of the task farm: tasks are handed to it by holders, it runs what fits, and
//! keeps results until they are taken.
//!
//! - `state`: the worker itself, what it keeps, what it wants done
//! - `orders`: what holders say
//! - `start`: the next task that fits is started
//! - `over`: processes end, could not be started, are ended
//! - `time`: time limits, leases of silent holders
//! - `terms`: on what terms the vm has this host, what its owner allows now, what strangers use
//! - `cores`, `devices`: which cores and which GPUs
//!
//! One for each daemon of a host. Called by the daemon.

mod cores;
mod devices;
mod orders;
mod over;
mod start;
mod state;
mod terms;
mod time;

pub use cores::{Cores, Topology};
pub use devices::{Devices, Share};
pub use state::{Blocked, Effect, Exit, Key, Mode, Signal, Start, Worker};
