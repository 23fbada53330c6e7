//! A running command: its processes, what they write, how they end.
//!
//! `inbox` takes frames from the reader thread, `stream` keeps one output stream and its credit,
//! `running` and `readers` are the two ways to consume, `controller` acts on the processes.

mod controller;
mod event;
mod inbox;
mod queue;
mod readers;
mod replay;
mod running;
mod statuses;
mod stream;

pub use controller::Controller;
pub use event::{RankInfo, RunEvent};
pub(crate) use inbox::{RunInbox, Shape};
pub use readers::{Exits, OutputReader};
pub use replay::Attached;
pub use running::Running;
pub use statuses::{Ended, Statuses};
