//! Processes on hosts of a vm that send to each other, join from outside, and die.
//! Alone: `cargo nextest run -p posse-cluster --test messages`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, Watched, program_on_host, ready, signal};
use rustix::process::Signal;
use std::path::Path;
use std::time::Duration;

const TALK: &str = env!("CARGO_BIN_EXE_talk");
const LONG: Duration = Duration::from_secs(60);

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn messages_go_between_all_hosts() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    for (laps, bytes) in [("300", "8"), ("20", "20000"), ("3", "3000000")] {
        let out = vm.posse(&["e", "-n", "2", "--", TALK, "ring", laps, bytes]).ok().text();
        let wanted: Vec<String> = (0..6).map(|rank| format!("{rank} {laps} laps")).collect();
        assert_eq!(sorted(&out), wanted);
    }
    for bytes in ["100", "100000"] {
        let out = vm.posse(&["e", "-n", "2", "--", TALK, "all", bytes]).ok().text();
        assert_eq!(sorted(&out), vec!["120 received".to_owned(); 6]);
    }
    let out = vm.posse(&["e", "-H", "n001,n003", "--", TALK, "flood", "20000"]).ok().text();
    assert_eq!(out, "20000 in order");
    joins_by_hand(&vm, bed.root());
    a_wait_for_the_dead_ends(&vm, bed.root());
}

/// A program that nobody but a person on a host has started.
fn joins_by_hand(vm: &Vm, directory: &Path) {
    let served = ["e", "-H", "n001", "--", TALK, "serve"];
    let mut served = Watched::start(vm, directory, &served);
    assert!(wait_until(LONG, || served.lines() == 1), "{}", served.said());
    let id = served.text().trim().to_owned();
    let out = program_on_host(vm, "n003", TALK, &["hand", &id]).ok();
    assert_eq!(out.text(), "b b\"b\"\na b\"a\"");
    assert_eq!(served.end().0, 0, "{}", served.said());
    assert_eq!(served.text().lines().last(), Some("served"));
}

/// Rank 0 waits for the last one alone: whatever ends that one ends the wait.
fn a_wait_for_the_dead_ends(vm: &Vm, directory: &Path) {
    for victim in ["process", "daemon"] {
        let line = ["e", "-H", "n001,n002,n003", "--", TALK, "after"];
        let mut waits = Watched::start(vm, directory, &line);
        let pid = || waits.text().lines().find_map(|line| line.strip_prefix("pid ")?.parse().ok());
        assert!(wait_until(LONG, || waits.text().contains("waits") && pid().is_some()));
        let pid: u32 = pid().unwrap();
        if victim == "process" {
            let status = program_on_host(vm, "n003", "kill", &["-9", &pid.to_string()]);
            assert_eq!(status.code, 0, "{status:?}");
        } else {
            signal(&vm.daemon("n003"), Signal::KILL);
        }
        let told = wait_until(LONG, || waits.text().contains("is down"));
        assert!(told, "{victim}: {} {}", waits.text(), waits.said());
        let _ = waits.end();
    }
}
