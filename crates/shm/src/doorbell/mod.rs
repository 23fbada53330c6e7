//! How a process that sleeps learns of news in its rings, and how one that does not is left alone.
//!
//! For: one wait of a process over all its rings and any other descriptors. Not for: what the news
//! is (`ring`). Called by the receiver (`Bell`) and its senders (`Ringer`).

mod page;

#[cfg(not(loom))]
mod bell;
#[cfg(not(loom))]
mod parts;
#[cfg(not(loom))]
mod ringer;

#[cfg(all(test, not(loom)))]
mod bell_tests;
#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(not(loom))]
pub use bell::{Bell, Woken};
pub use page::Wait;
#[cfg(not(loom))]
pub use parts::Parts;
#[cfg(not(loom))]
pub use ringer::Ringer;
