//! T4: a vm of 128 hosts: fresh, with the program carried there, and again with it there already.
//!
//! The peer and the floor are one: a login to each host. Called by `commands.rs`.

use anyhow::Result;
use posse_bed::LoopbackOptions;

use super::contest::{Contest, Way};
use super::figure::{Figure, Measure};
use super::ground::Ground;
use super::peers::ssh_loop;
use super::spec::{Found, Spec, at_most};
use super::t01::HOSTS;

pub const FRESH: Spec = Spec {
    name: "T4a",
    what: "`up` of 128 fresh hosts",
    target: "≤ 1.2 x ssh loop",
    measure: Measure::Wall,
    judge: |r| at_most(r.to_peer, 1.2),
    run: |contest| run(contest, &["--purge"]),
};

pub const CACHED: Spec = Spec {
    name: "T4b",
    what: "`up` of 128 hosts that have the binary",
    target: "≤ 1.1 x ssh loop",
    measure: Measure::Wall,
    judge: |r| at_most(r.to_peer, 1.1),
    run: |contest| run(contest, &[]),
};

/// A round logs in 256 times and takes a quarter of a minute: three are enough.
const ROUNDS: usize = 3;

fn run(contest: &Contest, down: &'static [&'static str]) -> Result<Found> {
    let ground = Ground::start(HOSTS, LoopbackOptions::default().separate_homes())?;
    let [posse, ssh] = contest.run_at_most(
        ROUNDS,
        [
            Way::new("posse", || ground.up()).after(|| ground.down(down)),
            Way::command("ssh loop", || ssh_loop(&ground.bed)),
        ],
    );
    let cpu = posse.ratio(&ssh, Measure::Cpu);
    let notes = cpu.map(|ratio| format!("CPU {ratio:.2} x that of the ssh loop"));
    let notes = notes.into_iter().collect();
    Ok(Found { posse, floor: Figure::Absent, peers: vec![ssh], notes })
}
