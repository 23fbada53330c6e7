//! `posse spawn`: where processes go, what is printed of them, and that they take part.
//! Alone: `cargo nextest run -p posse-cluster --test spawn`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, ready};
use std::time::Duration;

const TALK: &str = env!("CARGO_BIN_EXE_talk");
const LONG: Duration = Duration::from_secs(60);

#[test]
fn processes_are_spread_and_named() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::up(&bed, "local[1-3]");
    let said = vm.posse(&["spawn", "--per-host", "2", "sleep", "4391"]).ok().text();
    let hosts: Vec<&str> = said.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(hosts, ["local1", "local1", "local2", "local2", "local3", "local3"], "{said}");
    let is_pid = |line: &str| line.split(' ').nth(2).is_some_and(|pid| pid.parse::<u32>().is_ok());
    assert!(said.lines().all(is_pid), "{said}");
    vm.wait_running("sleep 4391", 6);
    let _ = vm.posse(&["kill", "1"]).ok();
    vm.wait_gone("sleep 4391", LONG);

    // Seven over three equal hosts: two or three each, and the output has its hosts.
    let said = vm.posse(&["spawn", "-n", "7", "sh", "-c", "echo $POSSE_HOST"]).ok().text();
    assert_eq!(said.lines().count(), 7, "{said}");
    let shown = || vm.posse(&["out", "2", "--label"]).text();
    assert!(wait_until(LONG, || shown().lines().count() == 7), "{}", shown());
    // `local2:1: local2`, where a host has more than one.
    let is_right = |line: &str| {
        let (label, host) = line.rsplit_once(": ").unwrap_or_default();
        label.split(':').next() == Some(host)
    };
    assert!(shown().lines().all(is_right), "{}", shown());
    for host in ["local1", "local2", "local3"] {
        let count = said.lines().filter(|line| line.contains(host)).count();
        assert!((1..=4).contains(&count), "{said}");
    }

    // They take part.
    let said = vm.posse(&["spawn", "-n", "5", "--wait", TALK, "ring", "10", "8"]).ok();
    let said = said.sorted();
    let whole = |(rank, line): (usize, &String)| line.starts_with(&format!("{rank} 10 laps"));
    assert!(said.len() == 5 && said.iter().enumerate().all(whole), "{said:?}");
    what_fails(&vm);
    vm.down();
}

fn what_fails(vm: &Vm) {
    let failed = vm.posse(&["spawn", "-H", "local2", "no-such-program"]).expect(127);
    assert_eq!(failed.text(), "");
    assert!(failed.stderr.contains("local2: no-such-program: command not found"), "{failed:?}");
    let _ = vm.posse(&["spawn", "--wait", "-n", "2", "sh", "-c", "exit $POSSE_RANK"]).expect(1);
    let line = vm.posse(&["spawn", "--json", "-H", "local3", "true"]).ok().text();
    for part in ["\"host\":\"local3\"", "\"rank\":0", "\"process\":", "\"id\":\"3."] {
        assert!(line.contains(part), "{line}");
    }
    let _ = vm.posse(&["spawn", "-n", "2", "--per-host", "2", "true"]).expect(2);
}
