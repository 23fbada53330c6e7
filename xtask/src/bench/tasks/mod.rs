//! `cargo xtask bench tasks`: the task farm beside what the machine itself needs, and beside the
//! tools that people run tasks with.
//!
//! Called by `bench/mod.rs`.

mod farm;
mod few;
mod many;

use anyhow::Result;

use super::contest::Contest;
use super::cpu::Meter;
use super::plan::Plan;
use super::spec::Spec;
use super::{level, machine};

const ROWS: [&[Spec]; 2] = [&few::ROWS, &many::ROWS];

pub fn run(plan: &Plan) -> Result<bool> {
    let specs: Vec<&Spec> = ROWS.iter().copied().flatten().collect();
    let contest = Contest { meter: Meter::start(), rounds: plan.rounds };
    level::run("tasks", plan, &specs, &contest, machine::describe)
}
