//! Which way to a host: from this computer, or through a host of the vm that can log in there. Ways
//! are stated (`posse use`), remembered (the host hung below that one before) or found by trying
//! (`posse explore`). Called by `up`, `explore` and all that brings hosts up.

mod candidates;
mod drive;
mod report;
mod statement;
mod target;
mod ways;

pub use drive::{Onlooker, drive};
pub use report::{hints, json, outlook, reached_and_failed};
pub use statement::{Statement, keep, stated};
pub use target::{Attempt, Settled, Target, Way};
pub use ways::{Policy, Ways};
