//! `cargo xtask bench commands`: the figures of the first use, T1 to T11.
//!
//! Each is a file beside this one. Called by `mod.rs`.

use anyhow::Result;

use super::contest::Contest;
use super::cpu::Meter;
use super::plan::Plan;
use super::spec::Spec;
use super::{level, machine};
use super::{t01, t02, t03, t04, t05, t06, t07, t08, t09, t10, t11};

const ROWS: [&Spec; 14] = [
    &t01::ROW,
    &t02::ROW,
    &t03::ROW,
    &t04::FRESH,
    &t04::CACHED,
    &t05::SSH,
    &t05::DIRECT,
    &t06::ROW,
    &t07::ROW,
    &t08::ROW,
    &t09::INTERRUPTED,
    &t09::KILLED,
    &t10::ROW,
    &t11::ROW,
];

pub fn run(plan: &Plan) -> Result<bool> {
    let contest = Contest { meter: Meter::start(), rounds: plan.rounds };
    level::run("commands", plan, &ROWS, &contest, machine::describe)
}
