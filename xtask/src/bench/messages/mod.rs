//! `cargo xtask bench messages`: posse's own messages beside what the machine itself needs, and
//! PVM programs over posse's library beside the real PVM.
//!
//! Latencies come in two forms, both ends on one core and each on a core of its own, since a core
//! that must be woken costs more than all else. Called by `bench/mod.rs`; `netpipe` uses the
//! machines too.

mod between;
mod cores;
mod crowd;
mod engine;
pub mod machines;
mod programs;
mod pvm;
mod said;
mod same_host;
mod together;

use anyhow::Result;

use super::contest::Contest;
use super::cpu::Meter;
use super::plan::Plan;
use super::spec::Spec;
use super::{level, machine};

const ROWS: [&[Spec]; 6] =
    [&same_host::ROWS, &between::ROWS, &pvm::ROWS, &together::ROWS, &crowd::ROWS, &engine::ROWS];

pub fn run(plan: &Plan) -> Result<bool> {
    let specs: Vec<&Spec> = ROWS.iter().copied().flatten().collect();
    // CPU time is not what is asked here.
    let contest = Contest { meter: Meter::Machine, rounds: plan.rounds };
    let head = |contest: &Contest| {
        format!("{}; medians of {} rounds by turns.", machine::place(), contest.rounds)
    };
    level::run("messages", plan, &specs, &contest, head)
}
