//! `cargo xtask bench commands`: the figures of the first use, T1 to T11.
//!
//! Each is a file beside this one. Called by `mod.rs`.

use anyhow::Result;

use super::contest::Contest;
use super::cpu::Meter;
use super::plan::Plan;
use super::spec::Spec;
use super::{machine, page, table};
use super::{t01, t02, t03, t04, t05, t06, t07, t08, t09, t10, t11};
use crate::repo;

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
    let chosen = plan.choose(&ROWS)?;
    let contest = Contest { meter: Meter::start(), rounds: plan.rounds };
    let mut rows = vec![];
    for spec in chosen {
        eprintln!("{} {} ...", spec.name, spec.what);
        rows.push(spec.row(&contest));
    }
    let block = format!("{}\n\n{}", machine::describe(&contest), table::render(&rows));
    println!("{block}");
    if plan.write {
        page::write(&repo::root(), "commands", &block)?;
        println!("written to {}", page::PAGE);
    }
    Ok(true)
}
