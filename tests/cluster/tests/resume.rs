//! Streams go on over a new link: ssh is killed in the middle of commands, several times, and
//! nobody types anything. Not a byte is lost or comes twice, and every process ends as it would.
//! Alone: `cargo nextest run -p posse-cluster --test resume`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, ready};
use rustix::process::{Pid, Signal, kill_process};
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Kills the ssh of a host, once it has one.
fn cut(vm: &Vm, host: &str) {
    let mut ssh = None;
    assert!(wait_until(LONG, || {
        let mut running = vm.processes("ssh -F").into_iter();
        ssh = running.find(|process| process.command.contains(&format!("-- {host} ")));
        ssh.is_some()
    }));
    let pid = Pid::from_raw(i32::try_from(ssh.unwrap().pid).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

fn ends(mut child: Child) -> i32 {
    let mut code = None;
    assert!(wait_until(LONG, || {
        code = child.try_wait().unwrap();
        code.is_some()
    }));
    code.unwrap().code().unwrap()
}

fn bed_and_vm(hosts: usize) -> (LoopbackBed, Vm) {
    let bed = LoopbackBed::start(hosts, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    // Only logins lead to the hosts, so that each cut is one of a login.
    let hosts = format!("n[001-{hosts:03}]");
    let up = vm.posse(&["up", "--batch", "--no-port", &hosts]).ok();
    assert!(up.stderr.contains("hosts up"), "{}", up.stderr);
    (bed, vm)
}

#[test]
fn output_is_exact_over_several_cuts() {
    if !ready() {
        return;
    }
    let (bed, vm) = bed_and_vm(3);
    let dir = bed.root().join("got");
    let script = "i=0; while [ $i -lt 150 ]; do seq $i 3000; i=$((i+1)); sleep 0.02; done; exit 3";
    let out = dir.display().to_string();
    let mut command = vm.command(&["e", "--out", &out, script]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let size =
        |host: &str| std::fs::metadata(dir.join(format!("{host}.out"))).map_or(0, |m| m.len());
    for part in 1..4 {
        assert!(wait_until(LONG, || size("n002") > part * 300_000));
        cut(&vm, "n002");
    }
    assert_eq!(ends(child), 3, "the processes' own status");
    let wanted: String =
        (0..150).flat_map(|from| (from..=3000).map(|n| format!("{n}\n"))).collect();
    for host in ["n001", "n002", "n003"] {
        let got = std::fs::read_to_string(dir.join(format!("{host}.out"))).unwrap();
        assert!(got == wanted, "{host}: {} bytes of {}", got.len(), wanted.len());
    }
    let events = vm.posse(&["events"]).text();
    assert!(events.contains("the link to n002 is lost"), "{events}");
    assert!(!events.contains("n002 is down"), "{events}");
}

#[test]
fn input_is_exact_over_several_cuts() {
    if !ready() {
        return;
    }
    let (_bed, vm) = bed_and_vm(3);
    let mut command = vm.command(&["e", "-i", "cksum"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let piece: Vec<u8> =
        (0..1u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for part in 0..24 {
        if part % 6 == 3 {
            cut(&vm, ["n001", "n003"][part / 6 % 2]);
        }
        input.write_all(&piece).unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let mut sums: Vec<&str> = said.lines().collect();
    assert_eq!(sums.len(), 3, "{said} {}", String::from_utf8_lossy(&output.stderr));
    sums.dedup();
    assert_eq!(sums.len(), 1, "{said}");
    assert!(sums[0].ends_with(&format!(" {}", 24 << 20)), "{said}");
}

#[test]
fn a_detached_command_is_whole_after_a_cut() {
    if !ready() {
        return;
    }
    let (_bed, vm) = bed_and_vm(2);
    let script = "for i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done";
    let _ = vm.posse(&["e", "--detach", script]).ok();
    cut(&vm, "n001");
    cut(&vm, "n002");
    let out = vm.posse(&["attach", "1"]).ok();
    let mut lines = out.sorted();
    lines.dedup();
    assert_eq!(out.text().lines().count(), 12, "{}", out.text());
    assert_eq!(lines.len(), 6, "{lines:?}");
}

#[test]
fn a_command_for_a_host_that_is_looked_for_waits() {
    if !ready() {
        return;
    }
    let (_bed, vm) = bed_and_vm(2);
    cut(&vm, "n001");
    // What is sent into a link before its end is noticed is lost with it, and said to be.
    let noticed = || vm.posse(&["events"]).text().contains("the link to n001 is lost");
    assert!(wait_until(LONG, noticed));
    let all = vm.posse(&["e", "-i", "cat; echo $POSSE_HOST"]).ok();
    assert_eq!(all.sorted(), ["n001", "n002"]);
    let fed = vm.posse_with(&["e", "-i", "cat"], b"for all\n").ok();
    assert_eq!(fed.sorted(), ["for all", "for all"]);
}
