//! After random rounds of up, commands, something that dies, and down, nothing is left on any
//! host: no process, no socket, no file but the binary cache.
//! Alone: `cargo nextest run -p posse-cluster --test nothing_left`; `POSSE_SEED=N` repeats a run,
//! `POSSE_ROUNDS=100` makes it longer.

#![allow(clippy::unwrap_used)]

use posse_bed::{Chance, LoopbackBed, LoopbackOptions, Process, wait_until};
use posse_cluster::{Vm, Watched, ready, seed};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const ROUNDS: usize = 12;

const HOSTS: [&str; 4] = ["'n[001-004]'", "'local[1-3]'", "'n[001-002]' local1", "n003"];

/// Each leaves something behind if one lets it.
const COMMANDS: [&str; 5] = [
    "setsid sleep 4501 & exec sleep 4502",
    "(trap '' INT TERM HUP; exec sleep 4503) & cat",
    "seq 200000; exec sleep 4504",
    "(setsid sh -c 'sleep 4505 & sleep 4506' &) ; exit 3",
    "yes",
];

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

/// Files at the hosts' homes that are neither the cache nor what ssh keeps there.
fn at_homes(bed: &LoopbackBed, hosts: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    (1..=hosts).for_each(|number| files(bed.home(number), &mut found));
    let known = |path: &PathBuf| {
        let text = path.to_string_lossy();
        text.contains("/.cache/posse/") || text.contains("/.ssh/")
    };
    found.retain(|path| !known(path));
    found
}

fn kill(process: &Process) {
    let pid = Pid::from_raw(i32::try_from(process.pid).unwrap()).unwrap();
    let _it_may_just_have_ended = kill_process(pid, Signal::KILL);
}

fn keepers(vm: &Vm, of: &[Process]) -> Vec<Process> {
    let parents: BTreeSet<u32> = of.iter().map(|daemon| daemon.parent).collect();
    let mut all = vm.processes("posse keeper");
    all.retain(|process| parents.contains(&process.pid));
    all
}

/// What is to die in a round, besides what ends of itself.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Victim {
    Front,
    Login,
    Daemon,
    Keeper,
    Owner,
    /// Of the owner: its daemon ends in order, and `posse down` begins its next life.
    OwnersKeeper,
    Nobody,
}

fn strike(vm: &Vm, front: &Watched, victim: Victim, chance: &mut Chance) {
    let mut daemons = vm.processes("posse daemon ");
    daemons.retain(|daemon| daemon.command.contains("--host 0 ") == (victim >= Victim::Owner));
    let found = match victim {
        Victim::Front => {
            let _already_gone = kill_process(Pid::from_child(&front.child), Signal::KILL);
            return;
        }
        Victim::Login => vm.processes("ssh -F"),
        Victim::Daemon | Victim::Owner => daemons,
        Victim::Keeper | Victim::OwnersKeeper => keepers(vm, &daemons),
        Victim::Nobody => return,
    };
    if !found.is_empty() {
        kill(&found[chance.below(found.len())]);
    }
}

fn round(vm: &mut Vm, bed: &LoopbackBed, chance: &mut Chance) -> String {
    let hosts = HOSTS[chance.below(HOSTS.len())];
    let direct = ["", "--direct"][usize::from(chance.below(3) == 0)];
    let up = format!("posse up --batch --linger 2s {direct} {hosts}");
    let _ = vm.line(&up).ok();
    let command = COMMANDS[chance.below(COMMANDS.len())];
    let mut front = Watched::start(vm, bed.root(), &["e", "--session-grace", "1s", command]);
    let victims = [
        Victim::Front,
        Victim::Login,
        Victim::Daemon,
        Victim::Keeper,
        Victim::Owner,
        Victim::OwnersKeeper,
        Victim::Nobody,
    ];
    let victim = victims[chance.below(victims.len())];
    let detached = chance.below(2) == 0;
    if detached {
        let _ = vm.posse(&["e", "--detach", COMMANDS[chance.below(COMMANDS.len())]]).ok();
    }
    let _some_are_quick = wait_until(Duration::from_millis(300), || front.lines() > 1000);
    strike(vm, &front, victim, chance);
    if victim == Victim::Owner {
        // Its next life knows the hosts, and they are linked again by this.
        assert!(wait_until(LONG, || vm.line(&up).code == 0), "{up}");
    }
    eprint!("{direct} {hosts}, {victim:?} dies, detached: {detached}; ");
    vm.down();
    let (code, _, _) = front.end();
    format!("exit {code} of {command}")
}

#[test]
fn random_rounds_leave_nothing() {
    if !ready() {
        return;
    }
    let rounds = std::env::var("POSSE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let mut chance = Chance::of_seed(seed());
    let bed = LoopbackBed::start(4, LoopbackOptions::default().separate_homes()).unwrap();
    let mut vm = Vm::start(&bed);
    for number in 1..=rounds.unwrap_or(ROUNDS) {
        let told = round(&mut vm, &bed, &mut chance);
        eprintln!("round {number}: {told}");
        assert!(wait_until(LONG, || at_homes(&bed, 4).is_empty()), "{:?}", at_homes(&bed, 4));
    }
}
