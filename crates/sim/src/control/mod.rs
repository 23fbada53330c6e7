//! Worlds of voters: `posse_control::consensus::Node`, unmodified, on hosts with disks that lose
//! what was not synced, a network that loses, doubles, delays and cuts, and clients that write
//! down what they saw. One seed is one world, as for `world/`.
//!
//! Called by `tests/control.rs`, `tests/control_plants.rs` and `posse-sim --control`.

mod admin;
mod check;
mod client;
mod disk;
mod fault;
mod feed;
pub mod history;
mod host;
mod plan;
mod plant;
mod turn;
mod words;
mod world;

pub use plant::Plant;
pub use turn::run;
pub use world::Report;
