//! Voters on other hosts: they appear, two of five may die, without a majority changes are refused
//! and said to be, and `posse recover` goes on.
//! Alone: `cargo nextest run -p posse-cluster --test voters`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, ready, signal};
use rustix::process::Signal;
use std::time::{Duration, SystemTime};

const LONG: Duration = Duration::from_secs(60);

/// The hosts with this part in the control state, in their order.
fn hosts_that(vm: &Vm, parts: &[&str]) -> Vec<String> {
    let told = vm.posse(&["hosts", "--json"]).ok().text();
    let has =
        |line: &&str| parts.iter().any(|part| line.contains(&format!("\"control\":\"{part}\"")));
    let name = |line: &str| {
        line.split("\"name\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let mut names: Vec<String> = told.lines().filter(has).map(name).collect();
    names.sort();
    names
}

#[track_caller]
fn wait_for_voters(vm: &Vm, count: usize) -> Vec<String> {
    let mut voters = Vec::new();
    let there = wait_until(LONG, || {
        voters = hosts_that(vm, &["leads", "votes"]);
        voters.len() == count && hosts_that(vm, &["leads"]).len() == 1
    });
    assert!(there, "{voters:?}, not {count}: {}", vm.log());
    voters
}

fn register(vm: &Vm, name: &str) -> posse_cluster::Ran {
    vm.posse(&["names", "register", name, "v", "--for", "1"])
}

#[test]
fn five_vote_and_two_may_die() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(6, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-006]");
    let _ = vm.posse(&["e", "-H", "n006", "--detach", "exec sleep 7411"]).ok();
    let _ = register(&vm, "a").ok();
    let voters = wait_for_voters(&vm, 5);
    // What was registered before they came is theirs too; so is what comes.
    let _ = register(&vm, "b").ok();
    let others: Vec<&String> = voters.iter().filter(|name| name.starts_with('n')).collect();
    assert_eq!(others.len(), 4, "{voters:?}");
    // n006 has the process of the names.
    let mortal: Vec<&&String> = others.iter().filter(|name| **name != "n006").collect();
    for name in &mortal[..2] {
        signal(&vm.daemon(name), Signal::KILL);
    }
    let _ = register(&vm, "c").ok();
    assert_eq!(vm.posse(&["names", "lookup", "a"]).ok().text(), "v");
    assert_eq!(vm.posse(&["names", "list"]).ok().text().lines().count(), 4);
    // The owner's daemon is one of them, and its next life as well.
    signal(&vm.owner(), Signal::KILL);
    assert!(wait_until(LONG, || register(&vm, "d").code == 0), "{}", vm.log());
    // They come back as others.
    let _ = vm.posse(&["up", "--batch", "n[001-006]"]).ok();
    wait_for_voters(&vm, 5);
    assert!(wait_until(LONG, || vm.posse(&["e", "true"]).code == 0));
}

#[test]
fn without_a_majority_nothing_changes_until_it_is_recovered() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-004]");
    let _ = vm.posse(&["e", "-H", "n001", "--detach", "exec sleep 7412"]).ok();
    let _ = register(&vm, "a").ok();
    wait_for_voters(&vm, 5);
    let early = vm.posse(&["recover", "--yes"]).expect(5);
    assert!(early.stderr.contains("nothing is to be recovered"), "{early:?}");
    for name in ["n002", "n003", "n004"] {
        signal(&vm.daemon(name), Signal::KILL);
    }
    let down = |name: &str| vm.posse(&["hosts", name]).text().contains("down");
    assert!(wait_until(LONG, || ["n002", "n003", "n004"].iter().all(|name| down(name))));
    let refused = register(&vm, "b").expect(4);
    for said in ["no majority of the voters", "n002 (down)", "last leader", "run", "posse recover"]
    {
        assert!(refused.stderr.contains(said), "{said}: {refused:?}");
    }
    let _ = vm.posse(&["names", "lookup", "a"]).expect(4);
    let asked = vm.posse(&["recover"]).expect(2);
    assert!(asked.stderr.contains("--yes"), "{asked:?}");
    let _ = vm.posse(&["recover", "--yes"]).ok();
    assert_eq!(vm.posse(&["names", "lookup", "a"]).ok().text(), "v");
    let _ = register(&vm, "c").ok();
    // n001 was a voter of the old epoch; it follows the new one, and the others come back to it.
    let _ = vm.posse(&["up", "--batch", "n[001-004]"]).ok();
    wait_for_voters(&vm, 5);
    let _ = register(&vm, "d").ok();
}

#[test]
fn the_second_of_two_follows_and_local_hosts_do_not() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-3]");
    let _ = vm.posse(&["up", "--batch", "n001"]).ok();
    assert!(wait_until(LONG, || hosts_that(&vm, &["follows"]) == ["n001"]));
    assert_eq!(hosts_that(&vm, &["leads", "votes"]).len(), 1);
    // One that is taken out of the vm takes no part.
    let _ = vm.posse(&["remove", "n001"]).ok();
    assert!(wait_until(LONG, || hosts_that(&vm, &["follows"]).is_empty()));
}

/// When the log of a host's voter was last written: at each election too.
fn log_written(vm: &Vm, host: &str) -> Option<SystemTime> {
    let daemon = vm.daemon(host);
    let word = |option: &str| {
        let mut words = daemon.command.split(' ').skip_while(|word| *word != option);
        words.nth(1).unwrap().to_owned()
    };
    let user = rustix::process::getuid().as_raw();
    let place = format!(".{}-{}", &word("--vm-id")[..12], word("--host"));
    let log = format!("/tmp/posse-{user}/{place}/control.log");
    std::fs::metadata(log).ok()?.modified().ok()
}

#[test]
fn names_go_on_when_another_host_leads() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(4, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n001");
    let _ = vm.posse(&["up", "--batch", "--via", "n001", "n[002-004]"]).ok();
    let _ = vm.posse(&["e", "-H", "n004", "--detach", "exec sleep 7413"]).ok();
    let _ = register(&vm, "a").ok();
    wait_for_voters(&vm, 5);
    let told = vm.posse(&["hosts"]).ok();
    assert!(told.stderr.contains("without n001 most voters are not reached"), "{told:?}");
    // The owner's daemon is held up; those below n001 reach each other and choose another.
    let before = log_written(&vm, "n002");
    assert!(before.is_some(), "it has a log");
    signal(&vm.owner(), Signal::STOP);
    assert!(wait_until(LONG, || log_written(&vm, "n002") > before), "no election");
    // That one hands back soon; who asks meanwhile does not notice.
    signal(&vm.owner(), Signal::CONT);
    let _ = register(&vm, "b").ok();
    assert_eq!(vm.posse(&["names", "lookup", "b"]).ok().text(), "v");
    let _ = vm.posse(&["names", "wait", "b", "--timeout", "10s"]).ok();
    assert_eq!(vm.posse(&["names", "list"]).ok().text().lines().count(), 3);
    // What its host is told of reaches the one that leads.
    vm.running("sleep 7413").iter().for_each(|process| signal(process, Signal::KILL));
    assert!(wait_until(LONG, || vm.posse(&["names", "list"]).text().lines().count() == 1));
}
