//! Two thousand worlds: a thousand that are always the same, a thousand that nobody has seen. A
//! failure prints its seed; `cargo run -p posse-sim -- --seed N --trace` tells what happened.
//! `POSSE_SEED=N` sets where the fresh ones begin.

use posse_sim::{Case, Report, Without, run};
use std::time::{SystemTime, UNIX_EPOCH};

const EACH: u64 = 1_000;

#[derive(Default)]
struct Totals {
    seeds: u64,
    faults: usize,
    bytes: u64,
    steps: u64,
    commands: usize,
    virtual_s: u64,
}

impl Totals {
    fn add(&mut self, report: &Report) {
        self.seeds += 1;
        self.faults += report.faults;
        self.bytes += report.bytes;
        self.steps += report.steps;
        self.commands += report.commands;
        self.virtual_s += report.virtual_us / 1_000_000;
    }
}

fn worlds_from(first: u64) {
    let mut totals = Totals::default();
    for seed in first..first + EACH {
        let report = run(&Case::new(seed, None), false);
        if let Some(violation) = report.violations.first() {
            panic!(
                "seed {seed} FAILED {violation}\n\
                 replay: cargo run -p posse-sim -- --seed {seed} --trace"
            );
        }
        totals.add(&report);
    }
    let Totals { seeds, faults, bytes, steps, commands, virtual_s } = totals;
    println!(
        "{seeds} seeds from {first}: {commands} commands, {faults} faults, {bytes} bytes, \
         {steps} steps, {virtual_s} virtual s"
    );
    assert!(faults > 1_000 && bytes > 50_000_000, "worlds in which too little happens");
}

#[test]
fn worlds_that_are_always_the_same() {
    worlds_from(0);
}

#[test]
fn worlds_that_nobody_has_seen() {
    let given = std::env::var("POSSE_SEED").ok().and_then(|seed| seed.parse().ok());
    let first = given.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (now.as_nanos() as u64).rotate_left(17) >> 24
    });
    println!("POSSE_SEED={first}");
    worlds_from(first);
}

#[test]
fn a_seed_is_one_world() {
    for seed in [3, 14, 15] {
        let case = Case::new(seed, None);
        let (one, other) = (run(&case, true), run(&case, true));
        assert!(!one.lines.is_empty());
        assert_eq!(one.lines, other.lines);
    }
}

/// Each showed something once that ten thousand others had not. Worlds had no processes with
/// messages then.
#[test]
fn worlds_that_failed_once() {
    let without = Without { extra: true, ..Without::default() };
    for seed in [503_858, 510_097, 515_238, 524_758, 2_553, 603_412, 722_908] {
        let case = Case { without: without.clone(), ..Case::new(seed, None) };
        let report = run(&case, false);
        assert!(report.violations.is_empty(), "seed {seed}: {:?}", report.violations);
    }
}
