//! Hosts that are lost in the middle of a command: a silent daemon, a killed one, a killed ssh, a
//! cut cable. The others go on; the lost one is named, and `posse up` has it back.
//! Alone: `cargo nextest run -p posse-cluster --test lost_hosts`.

#![allow(clippy::unwrap_used)]

use posse_bed::{
    LoopbackBed, LoopbackOptions, NamespaceBed, NamespaceOptions, require, wait_until,
};
use posse_cluster::{Vm, Watched, as_promised, promised, ready, signal, without_root};
use rustix::process::{Pid, Signal, kill_process};
use std::process::Child;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);

/// Death of a daemon is known after this when its link closes.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);

/// And after this when it only goes silent.
const SILENT_WITHIN: Duration = Duration::from_secs(10);

fn is_up(vm: &Vm, host: &str) -> bool {
    vm.posse(&["hosts", "-q"]).ok().text().lines().any(|name| name == host)
}

#[test]
fn a_silent_host_among_sixteen() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(16, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-016]");
    let silent = vm.daemon("n007");
    signal(&silent, Signal::STOP);
    let stopped = Instant::now();
    let mut run = Watched::start(&vm, bed.root(), &["e", "echo $POSSE_HOST"]);
    as_promised(CLOSED_WITHIN, || run.lines() == 15, || format!("{} others", run.lines()));
    let (code, said, _) = run.end();
    let lost = stopped.elapsed();
    assert!(lost < promised(SILENT_WITHIN), "lost after {lost:?}");
    assert!(lost > Duration::from_secs(8), "a pause of 8 s is no death: {lost:?}");
    assert!(code == 255 && said.contains("n007"), "{code}: {said}");
    assert!(!is_up(&vm, "n007"));
    signal(&silent, Signal::CONT);
    let up = vm.posse(&["up", "--batch", "n007"]).ok();
    assert!(up.stderr.contains("1 of 1 hosts up"), "{}", up.stderr);
    assert_eq!(vm.daemon("n007").pid, silent.pid, "the same life");
    assert_eq!(vm.posse(&["e", "echo x"]).ok().text().lines().count(), 16);
}

#[test]
fn a_killed_daemon() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-004]");
    let mut run = Watched::start(&vm, bed.root(), &["e", "setsid sleep 4321 & exec sleep 4322"]);
    vm.wait_running("sleep 432", 8);
    let daemon = vm.daemon("n003");
    signal(&daemon, Signal::KILL);
    as_promised(CLOSED_WITHIN, || !is_up(&vm, "n003"), || "n003 is up".to_owned());
    vm.wait_running("sleep 432", 6);
    let up = vm.posse(&["up", "--batch", "n003"]).ok();
    assert!(up.stderr.contains("1 of 1 hosts up"), "{}", up.stderr);
    assert_ne!(vm.daemon("n003").pid, daemon.pid);
    assert_eq!(vm.posse(&["e", "-H", "n003", "echo back"]).ok().text(), "back");
    assert_eq!(vm.running("sleep 432").len(), 6, "the others went on");
    signal_child(&run.child, Signal::INT);
    let (code, said, _) = run.end();
    assert!(code != 0 && said.contains("n003"), "{code}: {said}");
    vm.wait_gone("sleep 432", LONG);
}

fn signal_child(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn a_killed_ssh_leaves_the_daemon_alive() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    let _ = vm.posse(&["e", "-H", "n002", "--detach", "sleep 4323"]).ok();
    vm.wait_running("sleep 4323", 1);
    let daemon = vm.daemon("n002");
    let ssh = vm.processes("ssh -F").into_iter().find(|p| p.command.contains("-- n002 "));
    signal(&ssh.unwrap(), Signal::KILL);
    // A direct link beside the login, where there is one, carries on without it.
    let up = vm.posse(&["up", "--batch", "n002"]).ok();
    assert!(up.stderr.contains("1 of 1 hosts up"), "{}", up.stderr);
    assert!(wait_until(LONG, || vm.posse(&["e", "echo x"]).text().lines().count() == 3));
    assert_eq!(vm.daemon("n002").pid, daemon.pid, "the same daemon, the same incarnation");
    assert_eq!(vm.running("sleep 4323").len(), 1, "a detached command goes on");
}

#[test]
fn the_owners_daemon_is_killed() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    let script = "i=0; while [ $i -lt 400 ]; do echo $i; i=$((i+1)); sleep 0.02; done; exit 7";
    let _ = vm.posse(&["e", "--detach", script]).ok();
    let _ = vm.posse(&["e", "--detach", "sleep 4324"]).ok();
    let mut attached = Watched::start(&vm, bed.root(), &["e", "exec sleep 4325"]);
    vm.wait_running("sleep 432", 6);
    let hosts: Vec<u32> = ["n001", "n002", "n003"].map(|host| vm.daemon(host).pid).to_vec();
    signal(&vm.owner(), Signal::KILL);
    assert_ne!(attached.end().0, 0, "its front end is told");
    // Its keeper starts it again, and it looks for its hosts by itself.
    assert!(wait_until(LONG, || { ["n001", "n002", "n003"].iter().all(|host| is_up(&vm, host)) }));
    vm.wait_gone("sleep 4325", LONG);
    assert_eq!(vm.posse(&["e", "echo x"]).ok().text().lines().count(), 3);
    let after: Vec<u32> = ["n001", "n002", "n003"].map(|host| vm.daemon(host).pid).to_vec();
    assert_eq!(hosts, after, "the hosts' daemons lived on");
    assert_eq!(vm.running("sleep 4324").len(), 3, "and what was detached there");
    let whole = vm.posse(&["attach", "1"]).expect(7);
    let mut lines: Vec<u32> = whole.text().lines().map(|line| line.parse().unwrap()).collect();
    lines.sort_unstable();
    let wanted: Vec<u32> = (0..400).flat_map(|line| [line; 3]).collect();
    assert!(lines == wanted, "{} lines of {}", lines.len(), wanted.len());
    let ps = vm.posse(&["ps"]).ok();
    assert!(ps.text().contains("sleep 4324"), "{}", ps.text());
    let _ = vm.posse(&["kill", "2"]).ok();
    vm.wait_gone("sleep 4324", LONG);
}

#[test]
fn a_cut_cable() {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return;
    }
    let mut bed = NamespaceBed::start(4, NamespaceOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-004]");
    let root = bed.root().to_owned();
    let mut run = Watched::start(&vm, &root, &["e", "echo begun; sleep 3; echo $POSSE_HOST"]);
    assert!(wait_until(LONG, || run.lines() == 4));
    bed.link_down("n002").unwrap();
    let cut = Instant::now();
    let (code, said, _) = run.end();
    let lost = cut.elapsed();
    assert!(lost < promised(SILENT_WITHIN), "lost after {lost:?}");
    assert!(code == 255 && said.contains("n002"), "{code}: {said}");
    let out = std::fs::read_to_string(root.join("out")).unwrap();
    assert_eq!(out.lines().filter(|line| line.starts_with('n')).count(), 3, "{out}");
    bed.heal().unwrap();
    let up = vm.posse(&["up", "--batch", "n002"]).ok();
    assert!(up.stderr.contains("1 of 1 hosts up"), "{}", up.stderr);
    assert_eq!(vm.posse(&["e", "hostname"]).ok().sorted(), ["n001", "n002", "n003", "n004"]);
}

#[test]
fn a_cut_cable_without_root() {
    without_root("a_cut_cable");
}
