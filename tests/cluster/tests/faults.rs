//! Daemons that are stopped for a while or killed, and ssh clients that are killed, while numbered
//! lines stream from several hosts and between them. Short stops and lost links change nothing;
//! what is lost is named, and nobody else waits for it.
//! Alone: `cargo nextest run -p posse-cluster --test faults`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, Process, wait_until};
use posse_cluster::{Streams, Vm, as_promised, promised, ready, signal};
use rustix::process::Signal;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);

/// A stop up to this long is no death.
const PAUSE: Duration = Duration::from_secs(8);

/// And with this one it is.
const ABSENCE: Duration = Duration::from_secs(30);

/// Death is known after this when its link closes, and after that when it only goes silent.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);
const SILENT_WITHIN: Duration = Duration::from_secs(10);

/// Looks on until this time has passed since then.
fn until(start: Instant, time: Duration) {
    let _it_passes = wait_until(time, || start.elapsed() >= time);
}

fn children(vm: &Vm, parent: u32) -> Vec<Process> {
    let all = vm.processes("").into_iter();
    all.filter(|process| process.parent == parent && process.command.contains("while")).collect()
}

#[test]
fn stopped_daemons() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-004]");
    let streams = Streams::start(&vm, bed.root(), "n[001-004]", "n[001-002,004]");
    let all = ["n001", "n002", "n003", "n004"];
    all.iter().for_each(|host| streams.flow(host));
    let [short, long, absent] = ["n001", "n002", "n003"].map(|host| vm.daemon(host));
    let left_behind = children(&vm, absent.pid);
    assert_eq!(left_behind.len(), 1, "{left_behind:?}");
    let start = Instant::now();
    [&short, &long, &absent].iter().for_each(|daemon| signal(daemon, Signal::STOP));
    until(start, Duration::from_secs(2));
    signal(&short, Signal::CONT);
    streams.flow("n001");
    streams.flow_to("n004", "n001");
    until(start, PAUSE);
    signal(&long, Signal::CONT);
    let paused = start.elapsed();
    streams.flow("n002");
    streams.flow_to("n001", "n002");
    let down = || vm.posse(&["events"]).text().contains("n003 is down");
    assert!(wait_until(LONG, down));
    let lost = start.elapsed();
    assert!(lost > PAUSE, "a pause is no death: {lost:?}");
    assert!(lost < promised(SILENT_WITHIN), "known after {lost:?}");
    streams.flow("n004");
    until(start, ABSENCE);
    signal(&absent, Signal::CONT);
    let up = vm.posse(&["up", "--batch", "n003"]).ok();
    assert!(up.stderr.contains("1 of 1 hosts up"), "{}", up.stderr);
    let events = vm.posse(&["events"]).text();
    assert!(events.contains("n003 is up again (2)"), "{events}");
    let gone = wait_until(LONG, || children(&vm, absent.pid).is_empty());
    assert!(gone, "the old command has ended: {:?}", children(&vm, absent.pid));
    assert_eq!(vm.posse(&["e", "echo x"]).ok().text().lines().count(), 4);
    // The machine may have been too busy to let it go on in time.
    if paused < PAUSE + Duration::from_millis(400) {
        assert!(!events.contains("n001 is down") && !events.contains("n002 is down"), "{events}");
    }
    let ended = streams.stop();
    assert!(ended.e.0 == 255 && ended.e.1.contains("n003"), "{ended:?}");
    assert_eq!(ended.of_e, ["n001", "n002", "n004"], "{ended:?}");
    assert_eq!(ended.mw.0, 0, "{ended:?}");
    ended.all_read(&["n001", "n002", "n004"]);
}

#[test]
fn a_killed_daemon_among_streams() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-004]");
    let streams = Streams::start(&vm, bed.root(), "n[001-004]", "n[001-004]");
    ["n001", "n002", "n003", "n004"].iter().for_each(|host| streams.flow(host));
    streams.flow_to("n004", "n002");
    signal(&vm.daemon("n002"), Signal::KILL);
    let down = || vm.posse(&["events"]).text().contains("n002 is down");
    as_promised(CLOSED_WITHIN, down, || vm.posse(&["events"]).text());
    streams.flow("n003");
    streams.flow_to("n004", "n001");
    let ended = streams.stop();
    let rest = ["n001", "n003", "n004"];
    assert!(ended.e.0 == 255 && ended.e.1.contains("n002"), "{ended:?}");
    assert!(ended.mw.0 == 255 && ended.mw.1.contains("n002"), "{ended:?}");
    assert_eq!(ended.of_e, rest, "{ended:?}");
    ended.all_read(&rest);
}

/// Kills the ssh client that leads to a host, once it has one, wherever it runs.
fn cut(vm: &Vm, host: &str) {
    let mut ssh = None;
    assert!(wait_until(LONG, || {
        let mut running = vm.processes(&format!("-- {host} ")).into_iter();
        ssh = running.find(|process| process.exe.ends_with("ssh"));
        ssh.is_some()
    }));
    signal(&ssh.unwrap(), Signal::KILL);
}

/// Two hosts, and two behind the first of them.
fn tree(bed: &LoopbackBed, options: &[&str]) -> Vm {
    let vm = Vm::start(bed);
    for words in [&["n[001-002]"][..], &["--via", "n001", "n[003-004]"]] {
        let up = vm.posse(&[&["up", "--batch"], options, words].concat()).ok();
        assert!(up.stderr.contains("2 of 2 hosts up"), "{}", up.stderr);
    }
    vm
}

/// A relay whose login is lost is reached at its port, and brings those behind it along.
#[test]
fn a_relay_goes_on_at_its_port() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = tree(&bed, &[]);
    let all = ["n001", "n002", "n003", "n004"];
    let streams = Streams::start(&vm, bed.root(), "n[001-004]", "n[001-004]");
    all.iter().for_each(|host| streams.flow(host));
    cut(&vm, "n001");
    all.iter().for_each(|host| streams.flow(host));
    let logins = vm.processes("-- n001 ");
    assert!(logins.is_empty(), "{logins:?}");
    let table = vm.posse(&["hosts", "n001"]).ok().text();
    assert!(table.contains(" direct "), "{table}");
    streams.stop().all_well(&all, &all);
}

#[test]
fn killed_logins_and_a_relay() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = tree(&bed, &["--no-port"]);
    let all = ["n001", "n002", "n003", "n004"];
    let streams = Streams::start(&vm, bed.root(), "n[001-004]", "n[001-004]");
    all.iter().for_each(|host| streams.flow(host));
    // The login of a relayed host, that of its relay, both at once, and one beside them.
    for cuts in [&["n003"][..], &["n001"], &["n001", "n004"], &["n002"]] {
        cuts.iter().for_each(|host| cut(&vm, host));
        for host in all {
            streams.flow(host);
            streams.flow_to("n002", host);
            streams.flow_to("n003", host);
        }
    }
    let events = vm.posse(&["events"]).text();
    assert!(!events.contains("is down"), "{events}");
    streams.stop().all_well(&all, &all);
}

#[test]
fn a_local_daemon_that_was_silent_is_taken_back() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-2]");
    let silent = vm.daemon("local1");
    signal(&silent, Signal::STOP);
    let down = || vm.posse(&["events"]).text().contains("local1 is down");
    assert!(wait_until(LONG, down));
    signal(&silent, Signal::CONT);
    let up = vm.posse(&["up", "--batch", "local1"]).ok();
    assert!(up.stderr.contains("1 of 1 hosts up"), "{}", up.stderr);
    assert_eq!(vm.daemon("local1").pid, silent.pid, "the same life");
    assert_eq!(vm.posse(&["e", "echo x"]).ok().text(), "x\nx");
}

#[test]
fn a_vm_of_its_own_patience() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    let up = |time: &str| vm.posse(&["up", "--batch", "--down-after", time, "n001", "local1"]);
    let _ = up("1s").expect(2);
    let _ = up("3s").ok();
    assert!(up("3s").expect(2).stderr.contains("posse down"));
    for host in ["n001", "local1"] {
        let daemon = vm.daemon(host);
        signal(&daemon, Signal::STOP);
        let known = || vm.posse(&["events"]).text();
        let down = format!("{host} is down: silent for 3 s");
        assert!(wait_until(LONG, || known().contains(&down)), "{}", known());
        signal(&daemon, Signal::CONT);
    }
    let _ = vm.posse(&["up", "--batch", "n001", "local1"]).ok();
}
