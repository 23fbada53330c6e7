//! Hosts that leave and come back: `remove` and `add` in a running vm, `down` and `up` at once.
//! Alone: `cargo nextest run -p posse-cluster --test members`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, ready};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn removed_and_added() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    let _ = vm.posse(&["e", "--detach", "sleep 6541"]).ok();
    vm.wait_running("sleep 6541", 3);
    let _ = vm.posse(&["remove", "n002"]).ok();
    assert!(wait_until(LONG, || vm.processes("--name n002").is_empty()), "its daemon ends");
    vm.wait_running("sleep 6541", 2);
    assert_eq!(vm.posse(&["e", "echo $POSSE_HOST"]).ok().sorted(), ["n001", "n003"]);
    let _ = vm.posse(&["add", "--batch", "n002", "n004"]).ok();
    let all = vm.posse(&["e", "echo $POSSE_HOST"]).ok().sorted();
    assert_eq!(all, ["n001", "n002", "n003", "n004"]);
    let _ = vm.posse(&["remove", "n009"]).expect(2);
}

/// The end of one life of a vm does not touch the next.
#[test]
fn down_and_up_at_once() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    for _ in 0..3 {
        let line = "posse up --batch 'n[001-004]' && posse e --detach 'trap \"\" TERM; sleep 6542' \
                    && posse down && posse up --batch 'n[001-002]' && posse e 'echo x' \
                    && posse down";
        let out = vm.line(line).ok();
        assert_eq!(out.text().lines().filter(|line| *line == "x").count(), 2, "{out:?}");
    }
    vm.wait_gone("sleep 6542", LONG);
}
