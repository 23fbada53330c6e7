//! T1: `true` on 128 live hosts, the command line's own start included.
//!
//! Called by `commands.rs`.

use std::cell::RefCell;

use anyhow::Result;
use posse_bed::LoopbackOptions;

use super::agent::{Agents, Job};
use super::contest::{Contest, Way};
use super::figure::Measure;
use super::ground::Ground;
use super::peers::{Masters, clush};
use super::spec::{Found, Spec, at_most, both};

pub const ROW: Spec = Spec {
    name: "T1",
    what: "`true` on 128 live hosts",
    target: "≤ 1.5 x floor, ≤ 1/4 of an ssh ControlMaster loop",
    measure: Measure::Wall,
    judge: |r| both(at_most(r.to_floor, 1.5), at_most(r.to_peer, 0.25)),
    run,
};

pub const HOSTS: usize = 128;

fn run(contest: &Contest) -> Result<Found> {
    let ground = Ground::start(HOSTS, LoopbackOptions::default())?;
    let up = ground.up();
    let masters = Masters::start(&ground.bed)?;
    let agents = RefCell::new(Agents::start(HOSTS)?);
    let [posse, floor, ssh, pdsh, bare] = contest.run([
        Way::command("posse", || ground.posse(&["e", "/bin/true"])),
        Way::new("N agents with sh", || agents.borrow_mut().round(Job::Shell)),
        Way::command("ssh masters", || masters.ssh_loop()),
        Way::command("pdsh over masters", || masters.pdsh()),
        Way::command("clush, a login each", || clush(&ground.bed, &["true"])),
    ]);
    let notes = up.err().map(|error| format!("{error:#}")).into_iter().collect();
    Ok(Found { posse, floor, peers: vec![ssh, pdsh, bare], notes })
}
