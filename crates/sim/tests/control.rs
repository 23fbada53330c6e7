//! Worlds of voters: six hundred that are always the same, 150 that nobody has seen. A
//! failure prints its seed; `cargo run -p posse-sim -- --control --seed N --trace` tells what
//! happened. `POSSE_SEED=N` sets where the fresh ones begin.

use posse_sim::control::{Report, run};
use std::time::{SystemTime, UNIX_EPOCH};

fn worlds(first: u64, count: u64) -> Vec<Report> {
    let all = first..first + count;
    let reports: Vec<Report> = all
        .map(|seed| {
            let report = run(seed, None, false);
            if let Some(violation) = report.violations.first() {
                panic!(
                    "seed {seed} FAILED {violation}\n\
                     replay: cargo run -p posse-sim -- --control --seed {seed} --trace"
                );
            }
            report
        })
        .collect();
    let sum = |of: fn(&Report) -> u64| reports.iter().map(of).sum::<u64>();
    println!(
        "{count} seeds from {first}: {} faults, {} answers, {} refusals, {} elections, \
         {} steps, {} virtual s",
        sum(|r| r.faults as u64),
        sum(|r| r.answered),
        sum(|r| r.refused),
        sum(|r| r.elections),
        sum(|r| r.steps),
        sum(|r| r.virtual_us) / 1_000_000,
    );
    reports
}

/// A quarter of those that are always the same.
fn quarter(first: u64) {
    let reports = worlds(first, 150);
    let mut gaps: Vec<u64> = reports.iter().filter_map(|r| r.gap_us).collect();
    gaps.sort_unstable();
    let (middle, worst) = (gaps[gaps.len() / 2] / 1_000, gaps[gaps.len() - 1] / 1_000);
    println!("writes after a leader's death: median {middle} ms, worst {worst} ms");
    let late = gaps.iter().filter(|gap| **gap > 3_000_000).count();
    assert!(late * 20 <= gaps.len(), "{late} of {} elections took over 3 s", gaps.len());
    let elections: u64 = reports.iter().map(|r| r.elections).sum();
    let refused: u64 = reports.iter().map(|r| r.refused).sum();
    assert!(elections > 225 && refused > 750, "worlds in which too little happens");
}

#[test]
fn worlds_of_voters_that_are_always_the_same_0() {
    quarter(0);
}

#[test]
fn worlds_of_voters_that_are_always_the_same_150() {
    quarter(150);
}

#[test]
fn worlds_of_voters_that_are_always_the_same_300() {
    quarter(300);
}

#[test]
fn worlds_of_voters_that_are_always_the_same_450() {
    quarter(450);
}

#[test]
fn worlds_of_voters_that_nobody_has_seen() {
    let given = std::env::var("POSSE_SEED").ok().and_then(|seed| seed.parse().ok());
    let first = given.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (now.as_nanos() as u64).rotate_left(17) >> 24
    });
    println!("POSSE_SEED={first}");
    worlds(first, 150);
}

#[test]
fn a_seed_is_one_world_of_voters() {
    for seed in [3, 14, 15] {
        let (one, other) = (run(seed, None, true), run(seed, None, true));
        assert!(!one.lines.is_empty());
        assert_eq!(one.lines, other.lines);
    }
}
