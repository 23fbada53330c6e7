//! The owner's machine boots anew: its processes and its run-time directory are gone, its disk is
//! there. The vm is found again, with all that detached commands say; what is lost with the log of
//! the control state is not founded a second time.
//! Alone: `cargo nextest run -p posse-cluster --test reboot`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Ran, Vm, kill_owner, ready, signal};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(90);

/// What a machine that boots has left of a vm, whose run-time directory lies in memory.
fn reboot(vm: &Vm) {
    kill_owner(vm);
    lose_run_time(vm);
}

fn lose_run_time(vm: &Vm) {
    let runtime = vm.directory().parent().unwrap();
    for entry in std::fs::read_dir(runtime).unwrap() {
        std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
    }
}

fn pids<'a>(vm: &Vm, hosts: &[&'a str]) -> BTreeMap<&'a str, u32> {
    hosts.iter().map(|host| (*host, vm.daemon(host).pid)).collect()
}

fn voters(vm: &Vm) -> usize {
    vm.posse(&["hosts"]).text().matches("votes").count()
}

fn register(vm: &Vm, name: &str) -> Ran {
    vm.posse(&["names", "register", name, "v", "--for", "1.0"])
}

/// `attach` has each of these lines once from each host.
#[track_caller]
fn whole(ran: &Ran, lines: u32, hosts: usize) {
    let text = ran.text();
    let mut got: Vec<u32> = text.lines().map(|line| line.parse().unwrap()).collect();
    got.sort_unstable();
    let wanted: Vec<u32> = (0..lines).flat_map(|line| vec![line; hosts]).collect();
    assert!(got == wanted, "{} lines of {}", got.len(), wanted.len());
}

const LINES: u32 = 300;

fn counting() -> String {
    format!("i=0; while [ $i -lt {LINES} ]; do echo $i; i=$((i+1)); sleep 0.05; done; exit 7")
}

/// One host beside the owner's: nobody else can lead, all hangs on what is on the owner's disk.
#[test]
fn a_vm_is_found_again_after_a_reboot() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    let _ = vm.posse(&["up", "--batch", "--down-after", "20s", "n001"]).ok();
    let _ = vm.posse(&["export", "COLOUR=blue"]).ok();
    let _ = vm.posse(&["e", "--detach", &counting()]).ok();
    let _ = vm.posse(&["e", "--detach", "exec sleep 7421"]).ok();
    let _ = vm.posse(&["names", "register", "kept", "v", "--for", "2.0"]).ok();
    let said = || vm.posse(&["out", "1"]).text().lines().count() > 20;
    assert!(wait_until(LONG, said));
    let before = pids(&vm, &["n001"]);
    reboot(&vm);
    // Each of these finds it: the first one starts the daemon.
    whole(&vm.posse(&["attach", "1"]).expect(7), LINES, 1);
    assert_eq!(vm.posse(&["hosts", "-q"]).ok().text(), "n001");
    assert_eq!(vm.posse(&["e", "echo $COLOUR"]).ok().text(), "blue");
    assert_eq!(vm.posse(&["names", "lookup", "kept"]).ok().text(), "v");
    assert_eq!(pids(&vm, &["n001"]), before, "it lived on");
    let _ = vm.posse(&["up", "--batch", "local1"]).ok();
    assert!(vm.daemon("local1").command.contains("--down-after 20000"), "as the vm was made");
    let _ = vm.posse(&["remove", "local1"]).ok();
    // In order, as a machine that is shut down ends its processes.
    signal(&vm.owner(), Signal::TERM);
    vm.wait_gone("posse keeper --restart", LONG);
    lose_run_time(&vm);
    let up = vm.posse(&["up", "--batch", "n001"]).ok();
    assert!(up.stderr.contains("1 of 1 hosts up"), "{up:?}");
    assert_eq!(pids(&vm, &["n001"]), before, "it lived on");
    vm.wait_running("sleep 7421", 1);
    // The end, typed first thing after a boot, reaches the host too.
    reboot(&vm);
    let _ = vm.posse(&["down"]).ok();
    vm.wait_gone("sleep 7421", LONG);
    vm.wait_gone("posse daemon", LONG);
}

/// Other hosts vote: one leads meanwhile, and the owner's daemon takes the vm back.
#[test]
fn a_vm_that_others_lead_meanwhile_is_taken_back() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    let hosts = ["n001", "n002", "n003"];
    assert!(wait_until(LONG, || voters(&vm) >= 2), "{}", vm.posse(&["hosts"]).text());
    let _ = vm.posse(&["e", "--detach", &counting()]).ok();
    let _ = vm.posse(&["e", "--detach", "exec sleep 7422"]).ok();
    let _ = vm.posse(&["names", "register", "kept", "v", "--for", "2.0"]).ok();
    vm.wait_running("sleep 7422", 3);
    let before = pids(&vm, &hosts);
    reboot(&vm);
    let back = || vm.posse(&["e", "-H", "n[001-003]", "echo x"]).text().lines().count() == 3;
    assert!(wait_until(LONG, back), "{}", vm.log());
    whole(&vm.posse(&["attach", "1"]).expect(7), LINES, 3);
    assert_eq!(vm.posse(&["names", "lookup", "kept"]).ok().text(), "v");
    assert_eq!(pids(&vm, &hosts), before, "they lived on");
}

/// The disk has lost the log and not the table. Others vote: theirs is what counts.
#[test]
fn a_lost_log_is_had_from_those_that_vote() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    assert!(wait_until(LONG, || voters(&vm) >= 2), "{}", vm.posse(&["hosts"]).text());
    let _ = vm.posse(&["e", "--detach", "exec sleep 7423"]).ok();
    let _ = register(&vm, "kept").ok();
    kill_owner(&vm);
    for name in ["control.log", "control.snapshot"] {
        std::fs::remove_file(vm.kept().join(name)).unwrap();
    }
    let kept = || vm.posse(&["names", "lookup", "kept"]).text() == "v";
    assert!(wait_until(LONG, kept), "{}", vm.log());
    assert!(vm.log().contains("the hosts that vote have it"), "{}", vm.log());
    let again = || register(&vm, "new").code == 0;
    assert!(wait_until(LONG, again), "{}", vm.log());
    assert!(wait_until(LONG, || voters(&vm) >= 2), "{}", vm.posse(&["hosts"]).text());
}

/// Nobody answers for it: that is said, with what to type, and nothing is founded by itself.
#[test]
fn a_lost_log_that_nobody_has_is_for_a_person_to_decide() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    assert!(wait_until(LONG, || voters(&vm) >= 2), "{}", vm.posse(&["hosts"]).text());
    let _ = vm.posse(&["e", "--detach", "exec sleep 7424"]).ok();
    let _ = register(&vm, "lost").ok();
    kill_owner(&vm);
    ["n002", "n003"].iter().for_each(|host| signal(&vm.daemon(host), Signal::KILL));
    for name in ["control.log", "control.snapshot"] {
        std::fs::remove_file(vm.kept().join(name)).unwrap();
    }
    let _ = vm.posse(&["up", "--batch", "n[001-003]"]).ok();
    let refused = register(&vm, "new").expect(4);
    for said in ["no majority of the voters", "the voters are vm, n00", "posse recover"] {
        assert!(refused.stderr.contains(said), "{said}: {refused:?}");
    }
    let recovered = vm.posse(&["recover", "--yes"]).ok();
    assert!(recovered.stderr.contains("epoch 2"), "{recovered:?}");
    assert!(wait_until(LONG, || register(&vm, "new").code == 0), "{}", vm.log());
    assert!(wait_until(LONG, || voters(&vm) >= 2), "{}", vm.posse(&["hosts"]).text());
    assert_ne!(vm.posse(&["names", "lookup", "lost"]).code, 0);
}

/// It was the only voter: nobody else can have it, so the vm goes on without its names.
#[test]
fn a_lost_log_of_one_that_voted_alone_is_begun_anew() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n001");
    let _ = vm.posse(&["e", "--detach", "exec sleep 7425"]).ok();
    let _ = register(&vm, "lost").ok();
    let follows = || vm.posse(&["hosts"]).text().contains("follows");
    assert!(wait_until(LONG, follows), "{}", vm.posse(&["hosts"]).text());
    kill_owner(&vm);
    // Torn, as a disk may leave it.
    std::fs::write(vm.kept().join("control.snapshot"), "torn").unwrap();
    assert!(wait_until(LONG, || register(&vm, "new").code == 0), "{}", vm.log());
    assert!(vm.log().contains("names are gone"), "{}", vm.log());
    assert_ne!(vm.posse(&["names", "lookup", "lost"]).code, 0);
    assert!(wait_until(LONG, follows), "{}", vm.log());
    vm.wait_running("sleep 7425", 1);
}

/// A disk without room, or that is not ours to write: said before anything is up.
#[test]
fn a_vm_that_can_not_be_kept_is_not_begun() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    let in_the_way = bed.root().join("in-the-way");
    std::fs::write(&in_the_way, "a file").unwrap();
    for (place, said) in [("in-the-way", "not a directory"), ("in-the-way/below", "ot a directory")]
    {
        let mut command = vm.command(&["up", "--batch", "n001"]);
        command.env("POSSE_STATE_DIR", bed.root().join(place));
        let out = command.output().unwrap();
        let told = String::from_utf8_lossy(&out.stderr).to_lowercase();
        assert!(!out.status.success() && told.contains(said), "{told}");
        assert!(told.contains("posse_state_dir"), "{told}");
    }
    assert!(vm.processes("posse daemon").is_empty());
}

/// One disk, two run-time directories: the second is told who has the vm, and makes no other.
#[test]
fn a_vm_has_one_daemon_whatever_its_run_time_directory() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local1");
    let owner = vm.owner().pid;
    let mut command = vm.command(&["up", "--batch", "local2"]);
    command.env("POSSE_RUNTIME_DIR", bed.root().join("other"));
    let out = command.output().unwrap();
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success() && told.contains("belongs to a daemon"), "{told}");
    assert_eq!(vm.owner().pid, owner);
    assert_eq!(vm.posse(&["hosts", "-q"]).ok().text(), "local1");
}
