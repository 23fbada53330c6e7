//! The net catches fish: each planted bug is found within two thousand seeds, by the check that
//! is there for it.

use posse_sim::{Plant, run};

/// Found where, and by which checks it may be.
fn found(plant: Plant, checks: &[&str]) {
    for seed in 0..2_000 {
        let report = run(seed, Some(plant), false);
        if let Some(violation) = report.violations.first() {
            println!("{plant:?}: seed {seed}: {violation}");
            assert!(checks.contains(&violation.check), "{plant:?} was found by {violation}");
            return;
        }
    }
    panic!("{plant:?} was not found in 2,000 seeds");
}

#[test]
fn lost_credit_stops_a_stream() {
    found(Plant::LoseCredit, &["waits"]);
}

#[test]
fn doubled_output_is_seen() {
    found(Plant::DoubleOutput, &["bytes"]);
}

#[test]
fn a_process_that_is_not_forgotten_is_seen() {
    found(Plant::SkipForget, &["reaped"]);
}

#[test]
fn a_window_too_wide_by_one_is_seen() {
    found(Plant::WidenWindow, &["window"]);
}

#[test]
fn a_lost_exit_is_a_wait_without_end() {
    found(Plant::LoseExit, &["waits"]);
}

#[test]
fn a_byte_lost_from_stdin_is_seen() {
    found(Plant::ShortenInput, &["stdin", "waits"]);
}

#[test]
fn impatience_kills_the_living() {
    found(Plant::Impatient, &["death"]);
}

#[test]
fn a_close_that_nobody_tells_leaves_something_behind() {
    found(Plant::HideClose, &["waits", "leaks", "death"]);
}

#[test]
fn a_kill_that_does_not_come_leaves_a_process() {
    found(Plant::SkipKill, &["waits", "reaped", "leaks"]);
}
