//! The computer below a host, as its kernel tells it: cores, GPUs, memory, who uses it. Only read
//! here; what follows from it is `observe`'s and `posse-farm`'s.
//!
//! - `root`: where all that is read
//! - `topology`: cores by NUMA node
//! - `gpus`: graphics processors, and how a task is given some
//! - `cpu`, `memory`: what all processes use, and what some of them do
//! - `keyboard`: how long nobody touched it
//! - `battery`: mains or battery
//! - `clock`, `zone`: the time of day there

mod battery;
mod clock;
mod cpu;
#[cfg(test)]
pub(super) mod fake;
mod gpus;
mod keyboard;
mod memory;
mod root;
mod topology;
mod zone;

pub(super) use cpu::{TICKS_A_SECOND, busy, usage};
pub(super) use gpus::{COUNT_VARIABLE, Gpu, variables};
pub(super) use keyboard::Keyboard;
pub(super) use memory::proportional;
pub(super) use root::Computer;
pub(super) use topology::allowed;
