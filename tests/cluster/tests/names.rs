//! Names and numbers of hosts that make no sense, and two `up`s at once.
//! Alone: `cargo nextest run -p posse-cluster --test names`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions};
use posse_cluster::{Vm, promised, ready};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn names_that_make_no_sense() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    options_are_no_hosts(&vm);
    let _ = vm.posse(&["up", "--batch", "n001"]).ok();
    let out = vm.posse(&["e", "-H", "n009", "true"]).expect(5);
    assert!(out.stderr.contains("n009: the name cannot be resolved"), "{out:?}");
    let out = vm.posse(&["up", "--batch", "n001", "no-such-host.invalid"]).expect(5);
    assert!(out.stderr.contains("no-such-host.invalid: the name cannot be resolved"), "{out:?}");
    assert_eq!(vm.posse(&["e", "echo up"]).ok().text(), "up");
    a_long_file_of_bad_lines(&vm);
    as_many_hosts_as_there_may_be(&vm);
}

/// None of these may reach ssh as an option or the terminal as a command.
fn options_are_no_hosts(vm: &Vm) {
    let marker = vm.directory().with_file_name("made-by-a-host-name");
    let proxy = format!("-oProxyCommand=touch {}", marker.display());
    for name in [proxy.as_str(), "-lroot", "a\x1b[2Jb", "a\nb", "a b", "\u{7f}", "a;id", "$(id)"] {
        let out = vm.posse(&["up", "--batch", "--", name]);
        assert!(out.code == 2 || out.code == 5, "{name:?}: {out:?}");
        assert!(!out.stderr.contains('\x1b') && !out.stderr.is_empty(), "{name:?}: {out:?}");
    }
    assert!(!marker.exists());
}

fn a_long_file_of_bad_lines(vm: &Vm) {
    let bad: String = (0..1000).map(|k| format!("lab[{k}-\n")).collect();
    let file = vm.directory().with_file_name("bad-hosts");
    std::fs::write(&file, bad).unwrap();
    let out = vm.posse(&["up", "--batch", "-f", file.to_str().unwrap()]).expect(3);
    std::fs::remove_file(&file).unwrap();
    assert!(out.stderr.lines().count() < 40, "a report that can be read: {}", out.stderr);
    assert!(out.stderr.contains("1000") || out.stderr.contains("more"), "{}", out.stderr);
}

/// 65,536 hosts are as many as an expression may name; they are counted, not looked up one by one.
fn as_many_hosts_as_there_may_be(vm: &Vm) {
    let out = vm.posse(&["hosts", "x[00001-65536]"]);
    assert!(out.code != 0 && out.elapsed < promised(Duration::from_secs(20)), "{out:?}");
    assert!(out.stderr.len() < 4000, "folded: {} bytes", out.stderr.len());
    let out = vm.posse(&["e", "-H", "x[1-999999999]", "true"]).expect(2);
    assert!(out.stderr.contains("65536") || out.stderr.contains("65,536"), "{}", out.stderr);
    let out = vm.posse(&["e", "-H", "(x[1-32000],n001) - x[1-32000]", "echo one"]).ok();
    assert_eq!(out.text(), "one");
}

#[test]
fn two_ups_at_once() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(8, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    let start = || {
        let mut up = vm.command(&["up", "--batch", "n[001-008]"]);
        up.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start(), start()];
    for up in both {
        let out = up.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success() && said.contains("8 of 8 hosts up"), "{said}");
    }
    assert_eq!(vm.posse(&["e", "echo x"]).ok().text().lines().count(), 8);
    assert_eq!(vm.processes("posse daemon ").len(), 9, "one daemon a host");
}
