//! `cargo xtask bench commands`: the figures of the first use, T1 to T11.
//!
//! Each is a file beside this one. Called by `mod.rs`.

use anyhow::{Result, bail};

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
    let wanted = |spec: &&&Spec| {
        let is = |name: &String| spec.name.trim_end_matches(char::is_alphabetic) == name;
        plan.rows.is_empty() || plan.rows.iter().any(|name| name == spec.name || is(name))
    };
    let chosen: Vec<&&Spec> = ROWS.iter().filter(wanted).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = ROWS.iter().map(|spec| spec.name).collect();
        bail!("no such row; there are {}", names.join(", "));
    }
    if plan.write && !plan.rows.is_empty() {
        bail!("--write wants all rows: a page holds one run");
    }
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
