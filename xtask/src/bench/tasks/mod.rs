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
use super::{machine, page, table};
use crate::repo;

const ROWS: [&[Spec]; 2] = [&few::ROWS, &many::ROWS];

pub fn run(plan: &Plan) -> Result<bool> {
    let specs: Vec<&Spec> = ROWS.iter().copied().flatten().collect();
    let chosen = plan.choose(&specs)?;
    let contest = Contest { meter: Meter::start(), rounds: plan.rounds };
    let mut rows = vec![];
    for spec in chosen {
        eprintln!("{} {} ...", spec.name, spec.what);
        rows.push(spec.row(&contest));
    }
    let block = format!("{}\n\n{}", machine::describe(&contest), table::render(&rows));
    println!("{block}");
    if plan.write {
        page::write(&repo::root(), "tasks", &block)?;
        println!("written to {}", page::PAGE);
    }
    Ok(true)
}
