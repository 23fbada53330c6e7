//! Large messages: written once into memory of their sender, read from there by all receivers of
//! the host.
//!
//! For: what does not fit into a ring, and one copy for many receivers. Not for: telling the
//! receivers where it is (a message in a ring). The sender is the `Owner`: what is free is
//! its private memory, and a receiver's `View` can not write, so that no receiver can spoil what
//! another one reads. Called by both.

mod extents;
mod owner;
mod view;

#[cfg(test)]
mod segment_tests;

pub use owner::Owner;
pub use view::{Parts, View};

/// Where a message is: what its sender tells its receivers. Plain numbers; a receiver checks them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Offset in the segment.
    pub at: u64,
    pub bytes: u64,
}
