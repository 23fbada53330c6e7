//! Processes on hosts of a vm that send to each other, join from outside, and die.
//! Alone: `cargo nextest run -p posse-cluster --test messages`.

#![allow(clippy::unwrap_used)]

use posse_bed::{
    LoopbackBed, LoopbackOptions, NamespaceBed, NamespaceOptions, require, wait_until,
};
use posse_cluster::{Vm, Watched, program_on_host, ready, signal};
use rustix::process::Signal;
use std::path::Path;
use std::time::{Duration, Instant};

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
    // Two ranks on each host.
    let way = |rank: usize| if rank.is_multiple_of(2) { "Memory" } else { "Direct" };
    for (laps, bytes) in [("300", "8"), ("40", "20000"), ("20", "3000000")] {
        let out = vm.posse(&["e", "-n", "2", "--", TALK, "ring", laps, bytes]).ok().text();
        let line = |rank: usize| format!("{rank} {laps} laps, at last by {}", way(rank));
        assert_eq!(sorted(&out), (0..6).map(line).collect::<Vec<_>>());
    }
    for bytes in ["100", "100000"] {
        let out = vm.posse(&["e", "-n", "2", "--", TALK, "all", bytes]).ok().text();
        assert_eq!(sorted(&out), vec!["120 received".to_owned(); 6]);
    }
    let out = vm.posse(&["e", "-H", "n001,n003", "--", TALK, "flood", "20000"]).ok().text();
    assert_eq!(out, "20000 in order");
    for (count, bytes) in [("300", "8"), ("40", "20000"), ("20", "3000000")] {
        let out = vm.posse(&["e", "-n", "2", "--", TALK, "watch", count, bytes]).ok().text();
        assert_eq!(out, format!("{} answered", 5 * count.parse::<u32>().unwrap()));
    }
    let out = vm.posse(&["e", "-n", "2", "--", TALK, "group"]).ok().text();
    assert_eq!(sorted(&out), vec!["all hold".to_owned(); 6]);
    for (hosts, each, all) in [("n001", "4", 4), ("n001,n002,n003", "2", 6)] {
        let out = vm.posse(&["e", "-n", each, "-H", hosts, "--", TALK, "typed"]).ok().text();
        assert_eq!(sorted(&out), vec!["all hold".to_owned(); all]);
    }
    survivors_are_told_alike(&vm, bed.root());
    joins_by_hand(&vm, bed.root());
    a_wait_for_the_dead_ends(&vm, bed.root());
}

/// The link of two processes fails while the daemons of their hosts are reached: the messages under
/// way go by these, none is lost and none comes twice.
#[test]
fn a_link_that_fails_loses_no_message() {
    if !ready() || require(&["ip", "nft", "tc"]).is_some() {
        return;
    }
    let mut bed = NamespaceBed::start(2, NamespaceOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-002]");
    // The hosts have a /tmp of their own, and see the bed's directory.
    let talk = bed.root().join("talk");
    std::fs::copy(TALK, &talk).unwrap();
    let talk = talk.to_str().unwrap();
    let laps = "20000";
    let line = ["e", "-H", "n001,n002", "--", talk, "ring", laps, "8"];
    let mut ring = Watched::start(&vm, bed.root(), &line);
    let (began, some) = (Instant::now(), Duration::from_secs(1));
    let _it_passes = wait_until(some, || began.elapsed() >= some);
    bed.cut("n001", "n002").unwrap();
    let (code, said, _) = ring.end();
    assert_eq!(code, 0, "{said}");
    let lines = sorted(&ring.text());
    let whole = |line: &String| line.contains(&format!("{laps} laps"));
    assert!(lines.len() == 2 && lines.iter().all(whole), "{lines:?}");
    bed.heal().unwrap();
    // A host that takes no connections.
    let _ = vm.posse(&["remove", "n002"]).ok();
    let _ = vm.posse(&["up", "--batch", "--no-port", "n002"]).ok();
    for hosts in ["n001,n002", "n002,n001"] {
        let out = vm.posse(&["e", "-H", hosts, "--", talk, "ring", "300", "8"]).ok().text();
        let lines = sorted(&out);
        assert!(lines.iter().all(|line| line.ends_with("by Direct")), "{lines:?}");
    }
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

/// One of six dies while the others wait for it in a barrier.
fn survivors_are_told_alike(vm: &Vm, directory: &Path) {
    let mut waits = Watched::start(vm, directory, &["e", "-n", "2", "--", TALK, "mourn"]);
    let pid = || waits.text().lines().find_map(|line| line.strip_prefix("pid ")?.parse().ok());
    assert!(wait_until(LONG, || pid().is_some()), "{}", waits.said());
    let pid: u32 = pid().unwrap();
    assert_eq!(program_on_host(vm, "n003", "kill", &["-9", &pid.to_string()]).code, 0);
    assert_eq!(waits.end().0, 137);
    let text = waits.text();
    let told: Vec<&str> = text.lines().filter(|line| !line.starts_with("pid")).collect();
    let alike = told.iter().all(|line| line.starts_with("member 5 of the group is down"));
    assert!(told.len() == 5 && alike, "{text}");
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
