//! A level of the benchmark, from what is asked for to its block in the page. Called by `commands`,
//! `messages` and `tasks`.

use anyhow::Result;

use super::contest::Contest;
use super::plan::Plan;
use super::spec::Spec;
use super::{page, table};
use crate::repo;

/// Measures the rows that are asked for, shows them under a line that says how, and writes them to
/// the page where that is wanted. `head` is given the contest.
pub fn run(
    level: &str,
    plan: &Plan,
    specs: &[&'static Spec],
    contest: &Contest,
    head: impl Fn(&Contest) -> String,
) -> Result<bool> {
    let mut rows = vec![];
    for spec in plan.choose(specs)? {
        eprintln!("{} {} ...", spec.name, spec.what);
        rows.push(spec.row(contest));
    }
    let block = format!("{}\n\n{}", head(contest), table::render(&rows));
    println!("{block}");
    if plan.write {
        page::write(&repo::root(), level, &block)?;
        println!("written to {}", page::PAGE);
    }
    Ok(true)
}
