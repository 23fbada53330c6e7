//! A failing world becomes a small one in which the same check fails, which is a world like any
//! other: its case runs again to the byte.

#![allow(clippy::unwrap_used)]

use posse_sim::{Case, Plant, run, shrink};

#[test]
fn a_failing_world_shrinks_and_runs_again() {
    let case = |seed| Case::new(seed, Some(Plant::WrongResumed));
    // With more than the failure can need: a fault and an `up` after it, among four hosts.
    let fails = |seed: &u64| {
        let report = run(&case(*seed), false);
        !report.violations.is_empty() && report.faults > 2 && report.hosts > 4
    };
    let seed = (0..2_000).find(fails).unwrap();
    let before = run(&case(seed), false);
    let (small, report) = shrink(&case(seed)).unwrap();
    println!("{before:?} became {}", small.arguments());
    assert_eq!(report.violations[0].check, before.violations[0].check);
    assert_eq!(report.lines, run(&small, true).lines);
    assert!(report.hosts < before.hosts && report.faults < before.faults, "{report:?}");
}

#[test]
fn a_world_that_holds_does_not_shrink() {
    assert!(shrink(&Case::new(1, None)).is_none());
}
