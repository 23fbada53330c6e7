//! Test hosts: real sshd servers, real networks, real terminals, and a count of what was left.
//! For the cluster tests and benchmarks. Not for the product: nothing in `crates/` may use it.
//! Blocking std code on small external tools (`unshare`, `nsenter`, `ip`, `nft`, `tc`, `sshd`).
//!
//! Every bed lives in one directory of its own and in namespaces of its own, and all of it ends
//! when the bed is dropped or when the process that made it is killed.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod accounts;
mod census;
mod deadline;
mod dir;
mod isolation;
mod keys;
mod loopback;
mod netns;
mod nobody;
mod noise;
mod proc;
mod require;
mod ssh_config;
mod supervisor;
mod switch;
mod terminal;

pub use census::{Leftovers, ProcessCensus, Socket};
pub use deadline::wait_until;
pub use isolation::Isolation;
pub use loopback::{HostQuirk, LoginShell, LoopbackBed, LoopbackOptions, PASSWORD};
pub use netns::{LaptopSwitch, NamespaceBed, NamespaceOptions, Topology, serve_switch};
pub use nobody::again_as_nobody;
pub use noise::noise;
pub use proc::Process;
pub use require::{Skip, require, skip};
pub use switch::{Bend, Chance, Side, Switch, To};
pub use terminal::Terminal;
