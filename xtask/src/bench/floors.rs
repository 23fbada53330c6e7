//! `cargo xtask bench floors`: what starting N processes and hearing from them costs here, with
//! nothing in between.
//!
//! The rows measure their own floor beside posse in the same run; this prints the floors alone.
//! Called by `mod.rs`.

use anyhow::{Context, Result};

use super::agent::{Agents, Job, spawn_loop};
use super::contest::{Contest, Way};
use super::cpu::Meter;
use super::figure::Figure;
use super::machine;
use super::plan::Plan;
use super::table::align;

const COUNTS: [usize; 3] = [16, 64, 128];

const NAMES: [&str; 4] = [
    "start `true` from one process",
    "N agents start `true`",
    "N agents start `sh -c true`",
    "1-byte ping of N agents",
];

pub fn print(plan: &Plan) -> Result<bool> {
    let contest = Contest { meter: Meter::start(), rounds: plan.rounds.max(2) };
    let mut table = vec![vec!["wall (CPU)".to_owned()]];
    table.extend(NAMES.map(|name| vec![name.to_owned()]));
    for count in COUNTS {
        table[0].push(format!("N = {count}"));
        for (n, figure) in measure(&contest, count)?.into_iter().enumerate() {
            table[n + 1].push(figure.to_string());
            if let Some(error) = figure.error() {
                println!("{error}");
            }
        }
    }
    println!("{}\n\n{}", machine::describe(&contest), align(&table));
    Ok(true)
}

fn measure(contest: &Contest, count: usize) -> Result<[Figure; 4]> {
    let agents = Agents::start(count).context("the agents did not come up")?;
    let agents = std::cell::RefCell::new(agents);
    let round = |job: Job| agents.borrow_mut().round(job);
    Ok(contest.run([
        Way::new("", || spawn_loop(count)),
        Way::new("", || round(Job::Direct)),
        Way::new("", || round(Job::Shell)),
        Way::new("", || round(Job::Ping)),
    ]))
}
