//! 128 loopback hosts behind one sshd: up, the everyday commands on all of them, a second `up`
//! that has nothing to do, and a `down` that leaves nothing.
//! Alone: `cargo nextest run -p posse-cluster --test many`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions};
use posse_cluster::{Vm, promised, ready};
use std::time::Duration;

const HOSTS: usize = 128;

/// One bed for all: bringing 128 hosts up is what costs.
#[test]
fn hundred_and_twenty_eight_hosts() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(HOSTS, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::start(&bed);
    let up = vm.posse(&["up", "--batch", "n[001-128]"]).ok();
    assert!(up.stderr.contains("128 of 128 hosts up"), "{}", up.stderr);
    every_host_answers(&vm);
    equal_outputs_are_one_block(&vm);
    hosts_are_sorted_by_load(&vm);
    a_file_reaches_all(&vm);
    exit_codes_are_told(&vm);
    again_is_nothing(&vm);
    vm.down();
}

fn every_host_answers(vm: &Vm) {
    let out = vm.posse(&["e", "echo $POSSE_HOST $POSSE_RANK"]).ok();
    let mut want: Vec<String> = (0..HOSTS).map(|k| format!("n{:03} {k}", k + 1)).collect();
    want.sort();
    assert_eq!(out.sorted(), want);
    let names = vm.posse(&["e", "hostname"]).ok();
    assert_eq!(names.text().lines().count(), HOSTS);
}

fn equal_outputs_are_one_block(vm: &Vm) {
    let out = vm.posse(&["e", "--fold", "echo same; echo twice"]).ok().text();
    assert_eq!(out.matches("same\ntwice").count(), 1, "{out}");
    assert!(out.contains("n[001-128]"), "{out}");
    let two = vm.posse(&["e", "--fold", "test $POSSE_RANK -lt 64 && echo low || echo high"]);
    let two = two.ok().text();
    assert!(two.contains("n[001-064]") && two.contains("n[065-128]"), "{two}");
}

fn hosts_are_sorted_by_load(vm: &Vm) {
    // The shell at the end has the last word on the order: `sort -c` fails where it is another.
    let line = "posse e {{ 'echo $(hostname) $(uptime)' }} sort -t, -k3 | tee sorted; \
                sort -c -t, -k3 sorted";
    let out = vm.line(line).ok().text();
    assert_eq!(out.lines().count(), HOSTS);
    assert!(out.lines().all(|line| line.contains("load average")), "{out}");
    let sorted = vm.line("posse e {{ 'echo $POSSE_HOST' }} sort -r").ok().text();
    let lines: Vec<&str> = sorted.lines().collect();
    assert_eq!((lines[0], lines[HOSTS - 1]), ("n128", "n001"));
}

fn a_file_reaches_all(vm: &Vm) {
    let out = vm.line(
        "head -c 300000 /dev/urandom >f; \
         cat f | posse e -i 'cat >f.$POSSE_HOST' && cksum <f && posse e 'cksum <f.$POSSE_HOST'",
    );
    let lines = out.ok().sorted();
    assert_eq!(lines.len(), HOSTS + 1);
    assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
    let line = "posse e cat f {{ 'cksum; rm f.$POSSE_HOST' }}; cksum <f";
    let lines = vm.line(line).ok().sorted();
    assert_eq!(lines.len(), HOSTS + 1);
    assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
}

fn exit_codes_are_told(vm: &Vm) {
    let _ = vm.posse(&["e", "true"]).ok();
    let out = vm.posse(&["e", "exit $((POSSE_RANK == 6 ? 3 : POSSE_RANK == 9 ? 7 : 0))"]).expect(7);
    assert!(out.stderr.contains("n007") && out.stderr.contains("n010"), "{}", out.stderr);
    let _ = vm.posse(&["e", "-H", "n001", "kill -9 $$"]).expect(137);
    let _ = vm.posse(&["e", "-H", "n[001-003]", "--argv", "no-such-program"]).expect(127);
}

fn again_is_nothing(vm: &Vm) {
    let before = vm.posse(&["e", "-H", "n[001-004]", "echo $PPID"]).ok().sorted();
    let up = vm.posse(&["up", "--batch", "n[001-128]"]).ok();
    assert!(up.stderr.contains("128 of 128 hosts up"), "{}", up.stderr);
    let after = vm.posse(&["e", "-H", "n[001-004]", "echo $PPID"]).ok().sorted();
    assert_eq!(before, after, "the same daemons");
    let soon = promised(Duration::from_secs(5));
    assert!(up.elapsed < soon, "no login was needed: {:?}", up.elapsed);
}
