//! `posse spawn`: where processes go, what is printed of them, and that they take part.
//! Alone: `cargo nextest run -p posse-cluster --test spawn`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, ready};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
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

#[test]
fn a_program_goes_to_hosts_that_have_none() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default().separate_homes()).unwrap();
    let vm = Vm::up(&bed, "n[001-002]");
    let own = vm.line("pwd").ok().text();
    let own = Path::new(own.trim());
    let tool = own.join("staged-tool");
    fs::write(&tool, "#!/bin/sh\necho \"$0 $*\"\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let spawn = "PATH=$PWD:$PATH; posse spawn --wait -n 2 -C /";
    let _ = vm.line(&format!("{spawn} staged-tool")).expect(127);
    let staged = |host: usize| bed.home(host).join(".cache/posse/staged");
    for _ in 0..2 {
        let said = vm.line(&format!("{spawn} --stage staged-tool a 'b c'")).ok().sorted();
        for host in [1, 2] {
            let copies: Vec<_> = fs::read_dir(staged(host)).unwrap().collect();
            assert_eq!(copies.len(), 1, "sent once");
            let ends = |line: &String| line.ends_with("/staged-tool a b c");
            assert!(said.len() == 2 && said.iter().all(ends), "{said:?}");
        }
    }
    // What the host has by that name is preferred, and nothing is sent.
    fs::write(own.join("true"), "#!/bin/sh\nexit 7\n").unwrap();
    fs::set_permissions(own.join("true"), fs::Permissions::from_mode(0o755)).unwrap();
    let _ = vm.line(&format!("{spawn} --stage true")).ok();
    // An ELF header of another kind of computer.
    let other = if cfg!(target_arch = "aarch64") { 62 } else { 183 };
    let mut head = [0; 64];
    head[..6].copy_from_slice(b"\x7fELF\x02\x01");
    head[18] = other;
    fs::write(&tool, head).unwrap();
    let failed = vm.line(&format!("{spawn} --stage staged-tool")).expect(126);
    for host in ["n001", "n002"] {
        assert!(
            failed.stderr.contains(&format!("{host}: staged-tool is a program for")),
            "{failed:?}"
        );
    }
    let _ = vm.posse(&["down", "--purge"]).ok();
    assert!(wait_until(LONG, || !staged(1).exists() && !staged(2).exists()));
}

#[test]
fn equal_hosts_take_turns_and_stated_speeds_count() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::start(&bed);
    let _ = vm.line("printf 'local1 sp=1000\\nlocal2 sp=100000\\n' > speeds").ok();
    let _ = vm.posse(&["up", "-f", "speeds", "--format", "pvm"]).ok();
    let on = |words: &[&str]| {
        let said = vm.posse(words).ok().text();
        let name = |line: &str| line.split(' ').nth(1).map(str::to_owned);
        said.lines().filter_map(name).collect::<Vec<_>>()
    };
    assert_eq!(on(&["spawn", "-n", "1", "true"]), ["local2"], "a hundred times as fast");
    assert_eq!(on(&["spawn", "-n", "3", "--round-robin", "true"]), ["local1", "local1", "local2"]);
    let shown = vm.posse(&["hosts", "--json", "local2"]).ok().text();
    assert!(shown.contains("\"speed\":100000"), "{shown}");
    let measured = vm.posse(&["hosts"]).ok().text();
    assert!(measured.contains("SPEED"), "{measured}");
    vm.down();
}
