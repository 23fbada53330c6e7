//! Memory shared by the processes of one host: rings, doorbells, segments, single copies, permits
//! to spin.
//!
//! For: moving bytes between two processes that trust each other's owner and not each other's
//! health. The other side may be killed at any instruction or write anything into what is shared:
//! nothing it says is used before it was copied once and checked. Not for: what the bytes mean
//! (messages, matching, credit), nor for handing descriptors over (`net`). Called by the processes
//! of a vm and by its daemon.
//!
//! `unsafe` stands in `mapping`, `fork` and `attach::copy` alone. What orders memory (`ring`,
//! `doorbell::page`, `permit::slots`) is written over atomic words and is run through all its
//! interleavings by loom: `RUSTFLAGS="--cfg loom" cargo test -p posse-shm --release`. The argument
//! in words is in docs/internals/shared-memory.md.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
// Under loom there are no mappings, and so none of their users.
#![cfg_attr(loom, allow(dead_code, unused_imports))]

mod error;
mod limits;
mod memory;
mod sync;

pub mod doorbell;
pub mod permit;
pub mod ring;

#[cfg(not(loom))]
pub mod attach;
#[cfg(not(loom))]
pub mod fork;
#[cfg(not(loom))]
mod mapping;
#[cfg(not(loom))]
mod memfd;
#[cfg(not(loom))]
pub mod segment;

pub use error::{Fault, SetupError};
pub use limits::{
    LOOK_ANYWAY, PERMITS_MAX, RING_BYTES_DEFAULT, RING_BYTES_MAX, RINGS_PER_BELL, SEGMENT_BYTES_MAX,
};
#[cfg(not(loom))]
pub use mapping::Mapping;
pub use memory::Memory;
