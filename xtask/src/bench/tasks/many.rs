//! Very many tasks: a million queued, ten thousand over 64 hosts, and a holder that begins again
//! with a million in its journal.
//!
//! Called by `mod.rs`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use posse_bed::wait_until;

use super::farm::Farm;
use crate::bench::contest::Contest;
use crate::bench::figure::{Figure, Measure, Sample, median, time};
use crate::bench::ground::signal;
use crate::bench::spec::{Found, Spec, at_most};

pub const ROWS: [Spec; 4] = [
    Spec {
        name: "J3",
        what: "1,000,000 tasks, a value of 20 bytes each from a file: acknowledged after",
        target: "≤ 3 s",
        measure: Measure::Wall,
        judge: |r| at_most(r.value, 3.0),
        run: queued,
    },
    Spec {
        name: "J4",
        what: "memory of the daemon that holds them, each",
        target: "≤ 350 B",
        measure: Measure::Value,
        judge: |r| at_most(r.value, 350.0),
        run: memory,
    },
    Spec {
        name: "J5",
        what: "10,000 tasks `true` over 64 local hosts: the scheduler's share of a core",
        target: "< 50 %",
        measure: Measure::Value,
        judge: |r| at_most(r.value, 50.0),
        run: spread,
    },
    Spec {
        name: "J6",
        what: "the holder is killed with 1,000,000 tasks in its journal: it answers again after",
        target: "≤ 5 s",
        measure: Measure::Wall,
        judge: |r| at_most(r.value, 5.0),
        run: recovery,
    },
];

const MILLION: usize = 1_000_000;
const LONG: Duration = Duration::from_secs(60);

/// No host takes them, so that nothing but queueing is measured.
const NOWHERE: &str = "--cores=1024";

/// Writes the values, and gives the words that queue a task for each.
fn values(farm: &Farm) -> Result<String> {
    let path = farm.ground.bed.root().join("values");
    let mut text = String::new();
    for n in 0..MILLION {
        writeln!(text, "case-{n:015}")?;
    }
    std::fs::write(&path, text)?;
    Ok(format!("v=@{}", path.display()))
}

fn give(farm: &Farm, values: &str, more: &[&str]) -> Result<(String, Duration)> {
    let words = [&["sweep", "-p", values][..], more, &["true {v}"]].concat();
    let (said, took) = farm.timed(&words)?;
    let job = said.strip_prefix("job ").and_then(|rest| rest.split(':').next());
    Ok((job.with_context(|| format!("it said {said:?}"))?.to_owned(), took))
}

/// So few rounds that a million a round do not take all day.
fn rounds(contest: &Contest) -> usize {
    contest.rounds.min(3)
}

fn queued(contest: &Contest) -> Result<Found> {
    let farm = Farm::start("local1")?;
    let values = values(&farm)?;
    let mut samples = vec![];
    for _ in 0..rounds(contest) {
        let cpu = contest.meter.seconds()?;
        let (job, took) = give(&farm, &values, &[NOWHERE])?;
        samples.push(Sample { wall: took.as_secs_f64(), cpu: contest.meter.seconds()? - cpu });
        farm.forget(&job)?;
    }
    let posse = median(&samples).context("no round")?;
    let posse = Figure::Time { by: "posse".to_owned(), sample: posse };
    let first = first_result(&farm, &values)?;
    let note = format!("the first result of such a job is there {} after it", time(first));
    Ok(Found { posse, floor: Figure::Absent, peers: vec![], notes: vec![note] })
}

/// Seconds from the beginning of a submission of a million to the end of its first task.
fn first_result(farm: &Farm, values: &str) -> Result<f64> {
    let flag = farm.ground.bed.root().join("first");
    let line = format!("test -e {0} || touch {0}", flag.display());
    let start = Instant::now();
    let mut front = farm.posse(&["sweep", "-p", values, &line]);
    let mut front = front.stdout(std::process::Stdio::null()).spawn()?;
    let there = wait_until(LONG, || flag.exists());
    let took = start.elapsed().as_secs_f64();
    front.wait()?;
    ensure!(there, "no task ended within {LONG:?}");
    Ok(took)
}

fn memory(_: &Contest) -> Result<Found> {
    let farm = Farm::start("local1")?;
    let values = values(&farm)?;
    let before = farm.holder_memory()?;
    let (job, _) = give(&farm, &values, &[NOWHERE])?;
    let queued = farm.holder_memory()?;
    farm.forget(&job)?;
    let after = farm.holder_memory()?;
    let each = (queued - before) / MILLION as f64;
    let note = format!("{:.1} MB more than before when they are forgotten", (after - before) / 1e6);
    let posse = Figure::number("posse", each, "B");
    Ok(Found { posse, floor: Figure::Absent, peers: vec![], notes: vec![note] })
}

fn spread(_: &Contest) -> Result<Found> {
    let farm = Farm::start("local[1-64]")?;
    let before = farm.holder_cpu()?;
    let (_, took) = farm.timed(&["sweep", "--wait", "-p", "n=1..10000", "true"])?;
    let cpu = farm.holder_cpu()? - before;
    let took = took.as_secs_f64();
    let posse = Figure::number("posse", 100.0 * cpu / took, "%");
    let rate = 10_000.0 / took;
    let note = format!("{rate:.0} tasks a second, {:.0} µs of the holder each", cpu * 1e6 / 1e4);
    Ok(Found { posse, floor: Figure::Absent, peers: vec![], notes: vec![note] })
}

fn recovery(contest: &Contest) -> Result<Found> {
    let farm = Farm::start("local1")?;
    let values = values(&farm)?;
    let _queued = give(&farm, &values, &[NOWHERE])?;
    let mut samples = vec![];
    for _ in 0..rounds(contest) {
        let cpu = contest.meter.seconds()?;
        let start = Instant::now();
        signal("KILL", farm.holder()?)?;
        let answers = || farm.timed(&["jobs"]).is_ok_and(|(said, _)| said.contains("1000000"));
        ensure!(wait_until(LONG, answers), "the holder does not come back");
        samples.push(Sample {
            wall: start.elapsed().as_secs_f64(),
            cpu: contest.meter.seconds()? - cpu,
        });
    }
    let posse = median(&samples).context("no round")?;
    let posse = Figure::Time { by: "posse".to_owned(), sample: posse };
    Ok(Found { posse, floor: Figure::Absent, peers: vec![], notes: vec![] })
}
