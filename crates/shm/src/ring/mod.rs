//! A ring of records between one process that pushes and one that pops.
//!
//! For: short messages of a pair of processes, in order. Not for: waking who sleeps (`doorbell`),
//! nor for more than the ring's size at once (`segment`). Called by the two ends; whoever makes
//! the memory hands `Parts` to both.

mod consumer;
mod layout;
mod pack;
mod producer;

#[cfg(not(loom))]
mod parts;

#[cfg(all(test, not(loom)))]
mod garbage_tests;
#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod ring_tests;

pub use consumer::{Consumer, Popped};
#[cfg(not(loom))]
pub use parts::Parts;
pub use producer::{Producer, Pushed};
