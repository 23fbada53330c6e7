//! Two thousand processes of one host, each of which has sent to more others than it may have rings
//! to: what they share in memory while all of them live.
//!
//! Called by `mod.rs`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use posse_bed::LoopbackOptions;

use super::programs;
use crate::bench::contest::{Contest, succeed};
use crate::bench::figure::{Figure, Measure, time};
use crate::bench::ground::Ground;
use crate::bench::spec::{Found, Spec, at_most};

pub const ROWS: [Spec; 1] = [Spec {
    name: "M13",
    what: "memory that 2,000 processes of one host share, all alive, each has sent to 80 others",
    target: "≤ 1,024 MiB",
    measure: Measure::Value,
    judge: |r| at_most(r.value, 1024.0),
    run,
}];

const PROCESSES: usize = 2000;
/// More than the rings that a process may have.
const OTHERS: &str = "80";
/// More than are sent before there is a ring.
const EACH: &str = "5";
const HANGS_AFTER: &str = "600";

fn run(_: &Contest) -> Result<Found> {
    let ground = Ground::start(1, LoopbackOptions::default())?;
    succeed(&mut ground.posse(&["up", "--batch", "local1"])).context("posse up failed")?;
    let (_, before) = shared_mib(&ground);
    let start = Instant::now();
    let processes = PROCESSES.to_string();
    let options = ["e", "-i", "-H", "local1", "-n", &processes, "--timeout", HANGS_AFTER];
    let mut command = ground.posse(&options);
    command.arg("--argv").arg(programs::messages()?).args(["crowd", OTHERS, EACH]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut crowd = command.spawn().context("posse e does not start")?;
    let measured = all_ready(&mut crowd).map(|()| (shared_mib(&ground), start.elapsed()));
    // They end with their input.
    drop(crowd.stdin.take());
    if measured.is_err() {
        let _already_gone = crowd.kill();
    }
    let _reaped = crowd.wait();
    let ((counted, after), took) = measured?;
    ensure!(counted > PROCESSES, "only {counted} processes were found");
    let posse = Figure::number("posse", (after - before).max(0.0), "MiB");
    let note = format!("started, and their messages received, within {}", time(took.as_secs_f64()));
    Ok(Found { posse, floor: Figure::Absent, peers: vec![], notes: vec![note] })
}

fn all_ready(crowd: &mut Child) -> Result<()> {
    let out = crowd.stdout.take().context("stdout is piped")?;
    let lines = BufReader::new(out).lines().map_while(std::io::Result::ok);
    let ready = lines.filter(|line| line.ends_with("ready")).take(PROCESSES).count();
    ensure!(ready == PROCESSES, "{ready} of {PROCESSES} processes received all");
    Ok(())
}

/// How many processes the bed has, and what they have mapped of memfds and the like in all, each
/// page counted once.
fn shared_mib(ground: &Ground) -> (usize, f64) {
    let shared = |pid: u32| {
        let file = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let line = file.lines().find_map(|line| line.strip_prefix("Pss_Shmem:"));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or(0.0)
    };
    let all = ground.processes("");
    (all.len(), all.iter().map(|process| shared(process.pid)).sum::<f64>() / 1024.0)
}
