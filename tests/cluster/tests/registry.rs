//! The registry of names in a running vm: one of many that want a name has it, it is released with
//! its process, its host, its front end, and it outlives the owner's daemon.
//! Alone: `cargo nextest run -p posse-cluster --test registry`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, Process, wait_until};
use posse_cluster::{Vm, Watched, ready, signal};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use std::process::Stdio;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn bed_and_vm(hosts: usize) -> (LoopbackBed, Vm) {
    let bed = LoopbackBed::start(hosts, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, &format!("n[001-{hosts:03}]"));
    (bed, vm)
}

/// `NAME HOST PROCESS VALUE` of all names.
fn names(vm: &Vm) -> Vec<String> {
    let out = vm.posse(&["names", "list"]).ok().text();
    out.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[track_caller]
fn wait_for_names(vm: &Vm, wanted: &[&str]) {
    assert!(wait_until(LONG, || names(vm) == wanted), "{:?} and not {wanted:?}", names(vm));
}

#[track_caller]
fn register(vm: &Vm, name: &str, process: &str) {
    let _ = vm.posse(&["names", "register", name, "v", "--for", process]).ok();
}

/// The process of a command on this host.
fn process(vm: &Vm, words: &str, host: &str) -> Process {
    let daemon = vm.daemon(host).pid;
    vm.running(words).into_iter().find(|process| process.parent == daemon).unwrap()
}

/// The next life of the owner's daemon has found its hosts.
fn linked(vm: &Vm) {
    assert!(wait_until(LONG, || vm.posse(&["e", "true"]).code == 0));
}

#[test]
fn names_live_and_die_with_their_processes() {
    if !ready() {
        return;
    }
    let (bed, vm) = bed_and_vm(3);
    let _ = vm.posse(&["e", "--detach", "exec sleep 7311"]).ok();
    let mut watch = Watched::start(&vm, bed.root(), &["names", "watch"]);
    register(&vm, "a", "1.0");
    register(&vm, "b", "1.1");
    register(&vm, "c", "1.2");
    wait_for_names(&vm, &["a n001 1.0 v", "b n002 1.1 v", "c n003 1.2 v"]);
    assert_eq!(vm.posse(&["names", "lookup", "b"]).ok().text(), "v");
    let taken = vm.posse(&["names", "register", "b", "w", "--for", "1.0"]).expect(1);
    assert!(taken.stderr.contains("1.1 on n002 has it"), "{taken:?}");
    // Its own process may change it, and a version that is over is refused.
    let _ = vm.posse(&["names", "register", "b", "w", "--for", "1.1"]).ok();
    let stale = ["names", "register", "b", "x", "--for", "1.1", "--version", "1"];
    let _ = vm.posse(&stale).expect(1);
    wait_for_names(&vm, &["a n001 1.0 v", "b n002 1.1 w", "c n003 1.2 v"]);
    signal(&process(&vm, "sleep 7311", "n002"), Signal::KILL);
    wait_for_names(&vm, &["a n001 1.0 v", "c n003 1.2 v"]);
    signal(&vm.daemon("n003"), Signal::KILL);
    wait_for_names(&vm, &["a n001 1.0 v"]);
    let _ = vm.posse(&["names", "unregister", "a"]).ok();
    let _ = vm.posse(&["names", "unregister", "a"]).expect(1);
    wait_for_names(&vm, &[]);
    let told = "+ a n001 1.0 v,+ b n002 1.1 v,+ c n003 1.2 v,+ b n002 1.1 w,- b,- c,- a";
    let said = || {
        let lines: Vec<String> = watch
            .text()
            .lines()
            .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        lines.join(",")
    };
    assert!(wait_until(LONG, || said() == told), "{}", said());
    watch.child.kill().unwrap();
    let _ = watch.end();
    over(&vm);
}

/// What is over can have no name, and the error says so.
fn over(vm: &Vm) {
    let gone = vm.posse(&["names", "register", "x", "v", "--for", "1.1"]).expect(4);
    assert!(gone.stderr.contains("no such process runs"), "{gone:?}");
    let _ = vm.posse(&["names", "register", "x", "v", "--for", "1.7"]).expect(2);
    let _ = vm.posse(&["names", "register", "x", "v", "--for", "9"]).expect(2);
    let _ = vm.posse(&["names", "register", "x", "v"]).expect(2);
    let long = "x".repeat(256);
    let _ = vm.posse(&["names", "lookup", &long]).expect(2);
}

#[test]
fn one_of_eight_has_it() {
    if !ready() {
        return;
    }
    let (_bed, vm) = bed_and_vm(1);
    // Each says that it has it, and holds it until all have tried.
    let one = "{ posse names register lock $i -- sh -c 'echo $1 has it; cat fifo' sh $i \
               || echo $i >>lost; } & ";
    let line = format!(
        "mkfifo fifo; : >lost; for i in 1 2 3 4 5 6 7 8; do {one} done; \
         until [ $(wc -l <lost) -ge 7 ]; do sleep 0.05; done; \
         posse names lookup lock; echo go >fifo; wait"
    );
    let ran = vm.line(&line).ok();
    let lines: Vec<String> = ran.text().lines().map(str::to_owned).collect();
    assert_eq!(lines.iter().filter(|line| line.ends_with("has it")).count(), 1, "{ran:?}");
    let winner = lines[0].strip_suffix(" has it").unwrap();
    assert_eq!(lines[1], winner, "{ran:?}");
    assert_eq!(ran.stderr.matches("a front end on").count(), 7, "{ran:?}");
    wait_for_names(&vm, &[]);
}

#[test]
fn a_front_end_holds_a_name_while_its_command_runs() {
    if !ready() {
        return;
    }
    let (bed, vm) = bed_and_vm(1);
    let line = "posse names register a v -- sh -c 'posse names list; exit 7'; echo $?";
    let out = vm.line(&line.replace("'posse names", &format!("'{} names", posse())));
    let out = out.ok().text();
    assert!(out.contains("front end  v") && out.ends_with('7'), "{out}");
    wait_for_names(&vm, &[]);
    // Killed, it holds nothing any more.
    let command = ["names", "register", "a", "v", "--", "sleep", "7312"];
    let mut held = Watched::start(&vm, bed.root(), &command);
    assert!(wait_until(LONG, || names(&vm).len() == 1));
    held.child.kill().unwrap();
    let _ = held.end();
    wait_for_names(&vm, &[]);
    vm.running("sleep 7312").iter().for_each(|process| signal(process, Signal::KILL));
    let _ = vm.posse(&["names", "register", "a", "v", "--", "/no/such"]).expect(70);
    wait_for_names(&vm, &[]);
}

fn posse() -> String {
    posse_cluster::posse_binary().display().to_string()
}

#[test]
fn a_wait_ends_with_the_value_or_with_its_time() {
    if !ready() {
        return;
    }
    let (_bed, vm) = bed_and_vm(1);
    let _ = vm.posse(&["e", "--detach", "exec sleep 7313"]).ok();
    let late = vm.posse(&["names", "wait", "a", "--timeout", "100ms"]).expect(1);
    assert!(late.stderr.contains("nobody registered `a`"), "{late:?}");
    let mut command = vm.command(&["names", "wait", "a"]);
    let waiting = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    register(&vm, "a", "1");
    let out = waiting.wait_with_output().unwrap();
    assert!(out.status.success() && out.stdout == b"v\n", "{out:?}");
    // What is there is not waited for.
    let _ = vm.posse(&["names", "wait", "a", "--timeout", "1ms"]).ok();
}

#[test]
fn names_outlive_the_owners_daemon() {
    if !ready() {
        return;
    }
    let (_bed, vm) = bed_and_vm(2);
    let _ = vm.posse(&["e", "--detach", "exec sleep 7314"]).ok();
    register(&vm, "a", "1.0");
    register(&vm, "b", "1.1");
    signal(&vm.owner(), Signal::KILL);
    wait_for_names(&vm, &["a n001 1.0 v", "b n002 1.1 v"]);
    linked(&vm);
    // Still released with its process, and a name can be given as before.
    signal(&process(&vm, "sleep 7314", "n001"), Signal::KILL);
    wait_for_names(&vm, &["b n002 1.1 v"]);
    register(&vm, "c", "1.1");
    // What ends while nobody is there to see it.
    let (owner, last) = (vm.owner(), process(&vm, "sleep 7314", "n002"));
    signal(&owner, Signal::STOP);
    signal(&last, Signal::KILL);
    signal(&owner, Signal::KILL);
    wait_for_names(&vm, &[]);
    linked(&vm);
}

/// Files of this process can not grow beyond their size, which is what a full disk is to it.
fn fill(process: &Process, is_full: bool) {
    let pid = Pid::from_raw(i32::try_from(process.pid).unwrap()).unwrap();
    let before = prlimit(Some(pid), Resource::Fsize, Rlimit { current: None, maximum: None });
    let maximum = before.unwrap().maximum;
    let current = if is_full { Some(0) } else { maximum };
    prlimit(Some(pid), Resource::Fsize, Rlimit { current, maximum }).unwrap();
}

#[test]
fn a_full_disk_refuses_names_until_it_has_room() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    // The signal that comes with it would end the daemon.
    let _ = vm.line("trap '' XFSZ; posse up --batch n001").ok();
    let _ = vm.posse(&["e", "--detach", "exec sleep 7315"]).ok();
    register(&vm, "a", "1");
    fill(&vm.owner(), true);
    let first = vm.posse(&["names", "register", "b", "v", "--for", "1"]).expect(4);
    assert!(first.stderr.contains("it may have run"), "{first:?}");
    let second = vm.posse(&["names", "register", "c", "v", "--for", "1"]).expect(4);
    assert!(second.stderr.contains("disk") && second.stderr.contains("not run"), "{second:?}");
    // What is there can be looked up all the same.
    assert_eq!(vm.posse(&["names", "lookup", "a"]).ok().text(), "v");
    fill(&vm.owner(), false);
    let again = ["names", "register", "c", "v", "--for", "1"];
    assert!(wait_until(LONG, || vm.posse(&again).code == 0), "{}", vm.log());
    signal(&vm.owner(), Signal::KILL);
    assert!(wait_until(LONG, || names(&vm).contains(&"c n001 1.0 v".to_owned())));
    linked(&vm);
}
