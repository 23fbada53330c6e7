//! Tasks that do nothing: what a thousand of them cost, and how soon one is answered.
//!
//! Called by `mod.rs`.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::farm::Farm;
use crate::bench::contest::{Contest, Way};
use crate::bench::figure::Measure;
use crate::bench::spec::{Found, Spec, at_most};

pub const ROWS: [Spec; 2] = [
    Spec {
        name: "J1",
        what: "2,000 tasks `true` on one host, from giving them to their results",
        target: "CPU ≤ 1.3 x posix_spawn of the same shell",
        measure: Measure::Cpu,
        judge: |r| at_most(r.to_floor, 1.3),
        run: empty,
    },
    Spec {
        name: "J2",
        what: "one task, submitted and its end heard",
        target: "≤ 10 ms",
        measure: Measure::Wall,
        judge: |r| at_most(r.value, 0.010),
        run: one,
    },
];

const TASKS: usize = 2000;

fn empty(contest: &Contest) -> Result<Found> {
    let farm = Farm::start("local1")?;
    let last = TASKS.to_string();
    let range = format!("n=1..{TASKS}");
    let before = farm.holder_cpu()?;
    let script = farm.ground.bed.root().join("with_dask.py");
    std::fs::write(&script, include_str!("with_dask.py"))?;
    let [posse, floor, xargs, parallel, dask] = contest.run([
        Way::command("posse", || farm.posse(&["sweep", "--wait", "-p", &range, "true"])),
        Way::new("posix_spawn", shells),
        Way::command("xargs -P", || shell(&format!("seq {last} | xargs -P 2 -n 1 sh -c true"))),
        Way::command("GNU parallel", || {
            shell(&format!("seq {last} | parallel --will-cite -j 2 true"))
        }),
        Way::command("Dask", || {
            let mut command = Command::new("/usr/bin/python3");
            command.arg(&script).arg(&last);
            command
        }),
    ]);
    let holder = (farm.holder_cpu()? - before) / (TASKS * (contest.rounds + 1)) as f64;
    let note = format!("the daemon that holds the job: {:.0} µs of CPU a task", holder * 1e6);
    Ok(Found { posse, floor, peers: vec![xargs, parallel, dask], notes: vec![note] })
}

fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

/// `sh -c true` so often, two at a time.
fn shells() -> Result<()> {
    let start = || {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "true"]).stdin(Stdio::null()).spawn().context("cannot start /bin/sh")
    };
    let mut running = std::collections::VecDeque::new();
    for _ in 0..TASKS {
        if running.len() == 2 {
            let mut first: std::process::Child = running.pop_front().context("two run")?;
            ensure!(first.wait()?.success(), "sh failed");
        }
        running.push_back(start()?);
    }
    for mut child in running {
        ensure!(child.wait()?.success(), "sh failed");
    }
    Ok(())
}

fn one(contest: &Contest) -> Result<Found> {
    let farm = Farm::start("local1")?;
    let [posse, floor] = contest.run([
        Way::command("posse", || farm.posse(&["submit", "--wait", "true"])),
        Way::command("sh -c true", || shell("true")),
    ]);
    Ok(Found { posse, floor, peers: vec![], notes: vec![] })
}
