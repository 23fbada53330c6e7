//! What the members of a group send each other so that all of them come to a barrier, have the
//! same bytes, or hold the sum of what each one had.
//!
//! An algorithm is a function from rank and size to a [`Schedule`]: rounds of sends, receives and
//! combinations over numbered cells of bytes. [`Collective`] runs any schedule, a step at a time,
//! and does no I/O: blocking and non-blocking drivers make the sends and receives it asks for.
//!
//! - `schedule`, `run`, `cells`, `tag`: what all have in common
//! - `barrier`, `broadcast`, `reduce`, `all_reduce`, `gather`, `scatter`, `all_gather`, `scan`,
//!   `all_to_all`: the algorithms; `two_level`: those that go between hosts once
//! - `tree`: binomial trees; `split`: bytes in blocks
//! - `choose`: which algorithm, by size and number
//! - `group`, `running`, `broken`: the collectives of a group over an engine, and what becomes of
//!   them when a member is down
//!
//! Called by faces and by the drivers of `posse`.

pub mod all_gather;
pub mod all_reduce;
pub mod all_to_all;
pub mod barrier;
pub mod broadcast;
mod broken;
mod cells;
mod choose;
pub mod gather;
mod group;
pub mod reduce;
mod run;
mod running;
pub mod scan;
pub mod scatter;
mod schedule;
mod split;
mod tag;
mod tree;
pub mod two_level;

pub use broken::Broken;
pub use choose::{AllGather, AllReduce, Broadcast, Gather};
pub use group::{CollectiveId, Group};
pub use run::{Ask, Collective, Combine, Garbled};
pub use running::Combination;
pub use schedule::{Op, Round, Schedule};
pub use split::{join, split};
pub use tag::{BROKEN, tag};
