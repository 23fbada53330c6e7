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
use super::{machine, page, table};
use crate::repo;

const ROWS: [&[Spec]; 6] =
    [&same_host::ROWS, &between::ROWS, &pvm::ROWS, &together::ROWS, &crowd::ROWS, &engine::ROWS];

pub fn run(plan: &Plan) -> Result<bool> {
    let specs: Vec<&Spec> = ROWS.iter().copied().flatten().collect();
    let chosen = plan.choose(&specs)?;
    // CPU time is not what is asked here.
    let contest = Contest { meter: Meter::Machine, rounds: plan.rounds };
    let mut rows = vec![];
    for spec in chosen {
        eprintln!("{} {} ...", spec.name, spec.what);
        rows.push(spec.row(&contest));
    }
    let (place, rounds) = (machine::place(), plan.rounds);
    let block =
        format!("{place}; medians of {rounds} rounds by turns.\n\n{}", table::render(&rows));
    println!("{block}");
    if plan.write {
        page::write(&repo::root(), "messages", &block)?;
        println!("written to {}", page::PAGE);
    }
    Ok(true)
}
