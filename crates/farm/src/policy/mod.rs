//! When a borrowed computer works: only while its owner does not need it.
//!
//! - `conditions`: what its owner asks, what was observed, and whether they agree
//! - `terms`: on what terms a vm has a host
//! - `watch`: from observations to run, suspend and vacate, with graces
//!
//! Called by the daemon of a host, which observes and hands the outcome to its worker.

mod conditions;
mod terms;
mod watch;

pub use conditions::{Battery, Conditions, Hours, Observed, Unmet};
pub use terms::{BadTerms, Terms};
pub use watch::Watch;
