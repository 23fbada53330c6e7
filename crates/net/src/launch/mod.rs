//! How a daemon gets onto a host: the command line that reaches it, the first stage that runs
//! there, and the pace of many launches.
//!
//! For: building command lines, judging the bytes that come back, naming what went wrong. Not for:
//! starting processes, pipes or timers; the daemon does that and feeds these state machines.
//! Called by the daemon's launcher.

mod binaries;
mod bootstrap;
#[cfg(all(test, feature = "tls"))]
#[allow(clippy::unwrap_used)]
mod bootstrap_tests;
mod classify;
mod error;
mod excerpt;
mod first_stage;
mod hint;
mod pace;
mod plan;
mod scan;
#[cfg(all(test, feature = "tls"))]
#[allow(clippy::unwrap_used)]
mod shells_tests;
mod spec;
mod split;

pub use binaries::{Binaries, Binary, Gzip};
pub use bootstrap::{Action, Bootstrap, Exit, Options, Stage};
pub use error::{Cause, LaunchError};
pub use excerpt::visible;
pub use pace::{HostIndex, Pace, PaceSettings};
pub use plan::{Caller, LaunchPlan};
pub use spec::{HostSpec, Launcher};
pub use split::{SplitError, split_words};
