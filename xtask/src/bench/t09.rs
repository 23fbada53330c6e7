//! T9: a front end is interrupted or killed: when has the last process on the hosts ended?
//!
//! Called by `commands.rs`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use posse_bed::{LoopbackOptions, wait_until};

use super::contest::succeed;
use super::figure::{Figure, Measure};
use super::ground::Ground;
use super::peers::{clush, pdsh};
use super::spec::{Found, Spec, at_most};

pub const INTERRUPTED: Spec = Spec {
    name: "T9a",
    what: "^C of a command on 4 hosts: nothing left after",
    target: "≤ 2 s",
    measure: Measure::Value,
    judge: |r| at_most(r.value, 2.0),
    run: |_| run("-INT"),
};

pub const KILLED: Spec = Spec {
    name: "T9b",
    what: "kill -9 of a front end: nothing left after",
    target: "≤ 2 s",
    measure: Measure::Value,
    judge: |r| at_most(r.value, 2.0),
    run: |_| run("-KILL"),
};

const HOSTS: usize = 4;
const DEADLINE: Duration = Duration::from_secs(10);

fn run(signal: &str) -> Result<Found> {
    let ground = Ground::start(HOSTS, LoopbackOptions::default())?;
    let up = ground.up();
    let figure =
        |by: &str, mark: &str, command: Command| match leaves(&ground, signal, mark, command) {
            Ok(seconds) => Figure::number(by, seconds, "s"),
            Err(error) => Figure::failed(by, &error),
        };
    // Each its own length of sleep, by which its processes are known.
    let posse = figure("posse", "sleep 991", ground.posse(&["e", "sleep", "991"]));
    let peers = vec![
        figure("pdsh", "sleep 992", pdsh(&ground.bed, "sleep 992")),
        figure("clush", "sleep 993", clush(&ground.bed, &["sleep 993"])),
    ];
    let notes = up.err().map(|error| format!("{error:#}")).into_iter().collect();
    Ok(Found { posse, floor: Figure::Absent, peers, notes })
}

/// Seconds from the signal until no process with the mark is left on any host.
fn leaves(ground: &Ground, signal: &str, mark: &str, mut command: Command) -> Result<f64> {
    let sleepers = || {
        let all = ground.processes(mark).into_iter();
        all.filter(|process| process.command.trim_end() == mark).count()
    };
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().context("cannot start")?;
    let began = wait_until(DEADLINE, || sleepers() >= HOSTS);
    let start = Instant::now();
    let sent = succeed(Command::new("kill").args([signal, &child.id().to_string()]));
    let ended = began && wait_until(DEADLINE, || sleepers() == 0);
    let seconds = start.elapsed().as_secs_f64();
    let left = sleepers();
    // pdsh only reports at its first ^C; whoever is still there is ended the hard way.
    let _ = child.kill();
    child.wait()?;
    ensure!(began, "it never ran on all {HOSTS} hosts");
    sent?;
    ensure!(ended, "{left} processes left after {} s", DEADLINE.as_secs());
    Ok(seconds)
}
