//! Disks that are full, on a host and here: copies, output into files and pipes, the vm's own
//! table. Each is said with its cause, and what did not fit is not half there.
//! (A host's run-time directory that is full: `abuse.rs`; homes: `quirks.rs`.)
//! Alone: `cargo nextest run -p posse-cluster --test full_disks`.

#![allow(clippy::unwrap_used)]

use posse_bed::{HostQuirk, LoopbackBed, LoopbackOptions};
use posse_cluster::{Vm, ready};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Files of this process and its children can not grow: what a full disk is to a writer, without
/// one. The signal that comes with it would hide how the error is told.
const FULL: &str = "trap '' XFSZ; ulimit -f 0;";

#[test]
fn a_full_disk_is_an_error_with_a_name() {
    if !ready() {
        return;
    }
    let options = LoopbackOptions::default().quirk(1, HostQuirk::HomeFull);
    let bed = LoopbackBed::start(3, options).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    on_a_host(&vm);
    output_that_cannot_be_written(&vm);
    files_that_cannot_grow(&vm);
}

fn on_a_host(vm: &Vm) {
    let out = vm.posse(&["e", "-H", "n001", "head -c 10 /dev/zero | dd of=f"]);
    assert!(out.code != 0 && out.stderr.contains("No space left"), "{out:?}");
    let out = vm.line("head -c 100000 /dev/urandom >big; posse cp big 'n[001-002]:copy'");
    assert!(out.code != 0 && out.stderr.contains("n001"), "{out:?}");
    assert!(out.stderr.contains("No space left"), "{out:?}");
    let left = vm.posse(&["e", "-H", "n001", "rm -f f; ls -A | grep -v -e filler -e '^[.]cache$'"]);
    assert_eq!(left.text(), "", "nothing of the copy stays");
    let out = vm.line("cksum <big; posse e -H n002 'cksum <copy'").ok();
    assert_eq!(out.text().lines().collect::<Vec<_>>()[0], out.text().lines().nth(1).unwrap());
}

fn output_that_cannot_be_written(vm: &Vm) {
    for mode in ["", "-b", "-g", "-l", "--json", "--raw", "--diff"] {
        let out = vm.line(&format!("posse e {mode} 'echo $POSSE_HOST; seq 3' >/dev/full"));
        assert!(out.code != 0, "{mode}: {out:?}");
        assert!(out.stderr.contains("No space left"), "{mode}: {out:?}");
    }
    // The commands end when nobody can take their output.
    let out = vm.line("posse e 'seq 100000; exec sleep 4381' >/dev/full");
    assert!(out.code != 0 && out.elapsed < LONG, "{out:?}");
    vm.wait_gone("sleep 4381", LONG);
}

fn files_that_cannot_grow(vm: &Vm) {
    let out = vm.line(&format!("{FULL} posse e -o out.d 'seq 10'"));
    assert!(out.code != 0 && out.stderr.contains("out.d"), "{out:?}");
    assert!(out.stderr.contains("too large"), "{out:?}");
    // What is folded goes to a file when it is large.
    let out = vm.line(&format!("{FULL} posse e -b 'yes $POSSE_HOST | head -c 20000000' | wc -c"));
    assert!(out.stderr.contains("too large"), "{out:?}");
    let out = vm.line(&format!("{FULL} posse cp 'n002:copy' back; ls back*"));
    assert!(out.code != 0 && out.stderr.contains("too large"), "{out:?}");
    assert_eq!(vm.posse(&["e", "-H", "n[002-003]", "echo on"]).ok().text(), "on\non");
}

/// The table of hosts is on disk before `up` is over, or `up` says that it is not.
#[test]
fn a_table_that_cannot_be_kept() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    let out = vm.line(&format!("{FULL} posse up --batch 'n[001-002]'"));
    assert!(out.code != 0, "{out:?}");
    assert!(out.stderr.contains("too large"), "{out:?}");
    let _there_may_be_none = vm.posse(&["down"]);
    let up = vm.posse(&["up", "--batch", "n[001-002]"]).ok();
    assert!(up.stderr.contains("2 of 2 hosts up"), "{}", up.stderr);
}
