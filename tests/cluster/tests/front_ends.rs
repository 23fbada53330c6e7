//! The end of a front end, however it comes, ends its attached command everywhere within 2 s,
//! `setsid`ed descendants too; what was detached stays, and nothing of what it says is missed.
//! Alone: `cargo nextest run -p posse-cluster --test front_ends`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, Terminal, wait_until};
use posse_cluster::{Vm, Watched, numbered_lines, ready, whole, without_root};
use rustix::process::{Pid, Signal, kill_process};
use std::process::Stdio;
use std::time::Duration;

const HOSTS: usize = 8;
const ENDED_WITHIN: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(60);

/// One that ends by itself when told, one that has left its session, one that ignores what can be
/// ignored.
const COMMAND: &str = "setsid sleep 5431 & \
    (trap '' INT TERM HUP; exec sleep 5432) & exec sleep 5433";

#[test]
fn signals_to_the_front_end() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(HOSTS, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-008]");
    for signal in [Signal::KILL, Signal::TERM, Signal::HUP, Signal::INT] {
        let mut command = vm.command(&["e", COMMAND]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut front = command.spawn().unwrap();
        vm.wait_running("sleep 543", 3 * HOSTS);
        kill_process(Pid::from_child(&front), signal).unwrap();
        vm.wait_gone_as_promised("sleep 543", ENDED_WITHIN);
        let mut ended = None;
        assert!(wait_until(LONG, || {
            ended = front.try_wait().unwrap();
            ended.is_some()
        }));
        assert!(!ended.unwrap().success(), "{signal:?}");
    }
    let _ = vm.posse(&["e", "true"]).ok();
}

#[test]
fn control_c_at_a_terminal() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(HOSTS, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-008]");
    let mut terminal = Terminal::start(&vm.command(&["e", COMMAND])).unwrap();
    vm.wait_running("sleep 543", 3 * HOSTS);
    terminal.send("\x03").unwrap();
    vm.wait_gone_as_promised("sleep 543", ENDED_WITHIN);
    let status = terminal.wait(LONG).unwrap();
    assert_eq!(status.code(), Some(130), "{}", terminal.text());
}

#[test]
fn detached_commands_stay() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(HOSTS, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::up(&bed, "n[001-008]");
    let number = vm.posse(&["e", "--detach", "sleep 5434"]).ok().text();
    assert!(number.parse::<u64>().is_ok(), "{number}");
    vm.wait_running("sleep 5434", HOSTS);
    // A front end comes and goes; what was detached does not care.
    let mut command = vm.command(&["e", "sleep 5435"]);
    let mut front = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    vm.wait_running("sleep 5435", HOSTS);
    front.kill().unwrap();
    front.wait().unwrap();
    vm.wait_gone_as_promised("sleep 5435", ENDED_WITHIN);
    assert_eq!(vm.running("sleep 5434").len(), HOSTS);
    vm.down();
    vm.wait_gone("sleep 5434", LONG);
}

/// One that is killed takes nothing along, one that is stopped for some seconds has missed nothing.
#[test]
fn readers_of_a_detached_command() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    let stop = bed.root().join("stop");
    let lines = numbered_lines(&stop);
    let _ = vm.posse(&["e", "--detach", &lines]).ok();
    let start = |name: &str, args: &[&str]| {
        let directory = bed.root().join(name);
        std::fs::create_dir(&directory).unwrap();
        Watched::start(&vm, &directory, args)
    };
    let mut killed = start("killed", &["attach", "1"]);
    let mut asleep = start("asleep", &["attach", "1"]);
    let mut attached = start("attached", &["e", "-L", &lines]);
    assert!(wait_until(LONG, || {
        [&killed, &asleep, &attached].iter().all(|reader| reader.lines() > 100)
    }));
    killed.child.kill().unwrap();
    let signal = |what| {
        let readers = [&asleep.child, &attached.child];
        readers.iter().for_each(|child| kill_process(Pid::from_child(child), what).unwrap());
    };
    signal(Signal::STOP);
    let so_far = || vm.posse(&["out", "1"]).ok().text().lines().count();
    let before = so_far();
    assert!(wait_until(LONG, || so_far() > before + 2000), "it goes on: {before}");
    signal(Signal::CONT);
    std::fs::write(&stop, "").unwrap();
    assert_ne!(killed.end().0, 0);
    assert_eq!((asleep.end().0, attached.end().0), (0, 0));
    let again = vm.posse(&["attach", "1"]).ok().text();
    for text in [asleep.text(), attached.text(), again] {
        assert_eq!(whole(&text), ["n001", "n002", "n003"]);
    }
}

#[test]
fn signals_to_the_front_end_without_root() {
    without_root("signals_to_the_front_end");
}
