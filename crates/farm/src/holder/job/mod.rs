//! One job as its holder knows it.
//!
//! - `task`: a task's state and counts, in eight bytes
//! - `kept`: its batches
//! - `graph`: who waits for whom
//! - `order`: batches that come after others
//! - `ready`: what may be handed out
//! - `flight`: attempts under way
//! - `table`: the job itself, and what changes a task's state
//! - `pace`: how long its tasks take
//!
//! Called by the rest of `holder`, when work comes in, runs, and is read back from the journal.

mod flight;
mod graph;
mod kept;
mod order;
mod pace;
mod ready;
mod table;
mod task;

pub(super) use flight::{Flight, Flights};
pub(super) use kept::{Kept, ShapeKept};
pub(super) use pace::Pace;
pub(super) use table::Job;
pub(super) use task::Task;
pub use task::{Counts, State};
