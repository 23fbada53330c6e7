//! Shared memory between real processes: one is killed, one is hostile, one sleeps, one forks.
//!
//! The other process is this program again, in a role of `roles`.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

mod attach;
mod bell;
mod forked;
mod handed;
mod handover;
mod hostile;
mod killed;
mod many;
mod roles;
