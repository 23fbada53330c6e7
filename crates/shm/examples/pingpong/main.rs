//! How long a message takes between two processes of this host, beside what the hardware takes.
//!
//! `cargo run --release -p posse-shm --example pingpong [SIZE]`. Each row is a way and its floor,
//! both pinned alike, in five rounds that take turns; a round is the median of its batches, the
//! figure the median of the rounds. Batches are shorter than a time slice, so that most of them
//! are undisturbed on a busy machine. Not a test: it says nothing about what is right.

// A benchmark that can not go on ends.
#![allow(clippy::unwrap_used)]

// Under loom there is nothing to measure, and cargo builds examples with the tests.
#[cfg(not(loom))]
mod floor;
#[cfg(not(loom))]
#[path = "../../tests/processes/handover.rs"]
mod handover;
#[cfg(not(loom))]
mod large;
#[cfg(not(loom))]
mod rows;
#[cfg(not(loom))]
mod side;
#[cfg(not(loom))]
mod small;

fn main() {
    #[cfg(not(loom))]
    rows::main();
}
