//! T2: `true` on one live host, the command line's own start included.
//!
//! Called by `commands.rs`.

use std::cell::RefCell;

use anyhow::Result;
use posse_bed::LoopbackOptions;

use super::agent::{Agents, Job};
use super::contest::{Contest, Way};
use super::figure::Measure;
use super::ground::Ground;
use super::peers::Masters;
use super::spec::{Found, Spec, at_most};

pub const ROW: Spec = Spec {
    name: "T2",
    what: "`true` on one live host",
    target: "≤ 4 ms",
    measure: Measure::Wall,
    judge: |r| at_most(r.value, 0.004),
    run,
};

fn run(contest: &Contest) -> Result<Found> {
    let ground = Ground::start(2, LoopbackOptions::default())?;
    let up = ground.up();
    let masters = Masters::start(&ground.bed)?;
    let agents = RefCell::new(Agents::start(1)?);
    let [posse, floor, ssh] = contest.run([
        Way::command("posse", || ground.posse(&["e", "-H", "n001", "true"])),
        Way::new("one agent", || agents.borrow_mut().round(Job::Direct)),
        Way::command("ssh master", || masters.ssh("n001")),
    ]);
    let notes = up.err().map(|error| format!("{error:#}")).into_iter().collect();
    Ok(Found { posse, floor, peers: vec![ssh], notes })
}
