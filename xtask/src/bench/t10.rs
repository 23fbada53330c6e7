//! T10: the daemon of one host is killed: when does a command on all hosts say so, and does `up`
//! bring the host back?
//!
//! Called by `commands.rs`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use posse_bed::{LoopbackOptions, Process, wait_until};

use super::contest::{Contest, succeed};
use super::figure::{Figure, Measure};
use super::ground::Ground;
use super::spec::{Found, Spec, at_most};

pub const ROW: Spec = Spec {
    name: "T10",
    what: "daemon killed: known after",
    target: "≤ 1 s, status not 0, `up` brings it back",
    measure: Measure::Value,
    judge: |r| at_most(r.value, 1.0),
    run,
};

const DEADLINE: Duration = Duration::from_secs(15);

fn run(_: &Contest) -> Result<Found> {
    let ground = Ground::start(4, LoopbackOptions::default().separate_homes())?;
    let posse = match known_after(&ground) {
        Ok(seconds) => Figure::number("posse", seconds, "s"),
        Err(error) => Figure::failed("posse", &error),
    };
    Ok(Found { posse, floor: Figure::Absent, peers: vec![], notes: vec![] })
}

fn known_after(ground: &Ground) -> Result<f64> {
    ground.up()?;
    let victim = daemon_of(ground, "n003").context("found no daemon of host n003")?;
    succeed(Command::new("kill").args(["-KILL", &victim.pid.to_string()]))?;
    let start = Instant::now();
    let known = wait_until(DEADLINE, || {
        let mut command = ground.posse(&["e", "true"]);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| !status.success())
    });
    let seconds = start.elapsed().as_secs_f64();
    ensure!(known, "commands still succeed {} s later", DEADLINE.as_secs());
    ground.up().context("the host does not come back")?;
    succeed(&mut ground.posse(&["e", "true"])).context("after the host came back")?;
    Ok(seconds)
}

/// The daemon runs from its host's own home; of it and its keeper, it is the child.
fn daemon_of(ground: &Ground, host: &str) -> Option<Process> {
    let home = ground.bed.root().join("hosts").join(host);
    let mut there = ground.ours();
    there.retain(|process| process.exe.starts_with(&home) || process.command.contains(host));
    let pids: Vec<u32> = there.iter().map(|process| process.pid).collect();
    let child = there.iter().position(|process| pids.contains(&process.parent));
    (!there.is_empty()).then(|| there.swap_remove(child.unwrap_or(0)))
}
