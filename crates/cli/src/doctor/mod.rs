//! What is wrong between this computer and a host, step by step: `local` looks at this side,
//! `reach` at the way (name, port, login) through the system's ssh, `parse` at what `host.sh` found
//! on the host. Nothing is changed anywhere. Called by `posse doctor`.

mod ask;
mod local;
mod parse;
mod reach;
mod report;
mod stages;

pub use local::here;
pub use reach::host;
pub use report::Report;

/// Looked at by `sh` on the host.
const SCRIPT: &str = include_str!("host.sh");
