//! T3: a question to all of 128 hosts and their answers, with nothing started on them.
//!
//! `posse ps` of a vm without commands is that question. Called by `commands.rs`.

use std::cell::RefCell;

use anyhow::Result;
use posse_bed::LoopbackOptions;

use super::agent::{Agents, Job};
use super::contest::{Contest, Way};
use super::figure::Measure;
use super::ground::Ground;
use super::spec::{Found, Spec, at_most};
use super::t01::HOSTS;

pub const ROW: Spec = Spec {
    name: "T3",
    what: "question to 128 hosts and back (`posse ping`)",
    target: "≤ 5 ms",
    measure: Measure::Wall,
    judge: |r| at_most(r.value, 0.005),
    run,
};

fn run(contest: &Contest) -> Result<Found> {
    let ground = Ground::start(HOSTS, LoopbackOptions::default())?;
    let up = ground.up();
    let agents = RefCell::new(Agents::start(HOSTS)?);
    let [posse, floor] = contest.run([
        Way::command("posse", || ground.posse(&["ping"])),
        Way::new("ping of N agents", || agents.borrow_mut().round(Job::Ping)),
    ]);
    let notes = up.err().map(|error| format!("{error:#}")).into_iter().collect();
    Ok(Found { posse, floor, peers: vec![], notes })
}
