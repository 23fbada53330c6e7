//! What processes hold together outlives the owner's machine: members of a group that wait for
//! each other on hosts tell the host that leads then.
//! Alone: `cargo nextest run -p posse-cluster --test boards`.

#![allow(clippy::unwrap_used)]

use posse::board::OnDeath;
use posse::message::Process;
use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, kill_owner, on_host, ready};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(90);

/// Is there on each host; the second member waits for it.
const GO: &str = "/tmp/posse-board-go";

/// What runs on the hosts; nothing where a person runs all tests.
#[test]
fn member() {
    let Ok(rank) = std::env::var("POSSE_BOARD_MEMBER") else { return };
    let process = Process::join().unwrap();
    let groups = process.vm().unwrap().board(process.id()).unwrap().groups();
    println!("\njoined as {}", groups.join("g").unwrap());
    let go = || rank == "0" || std::fs::exists(GO).unwrap();
    assert!(wait_until(LONG, go));
    if let Err(error) = groups.barrier("g", Some(2), OnDeath::Fail, None) {
        println!("\nfailed: {error}");
        return;
    }
    println!("\npassed as {}", groups.instance("g").unwrap());
}

#[test]
fn a_barrier_is_passed_though_the_owner_died() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    let votes = || vm.posse(&["hosts"]).ok().text().matches("votes").count();
    assert!(wait_until(LONG, || votes() >= 2), "{}", vm.posse(&["hosts"]).text());
    let test = std::env::current_exe().unwrap();
    let line = format!(
        "POSSE_BOARD_MEMBER=$POSSE_RANK exec '{}' --exact member --nocapture",
        test.display()
    );
    let _ = vm.posse(&["e", "--detach", "-H", "n[002-003]", &line]).ok();
    let said = |text: &str, what: &str| -> Vec<String> {
        let mut found: Vec<String> =
            text.lines().filter(|line| line.contains(what)).map(str::to_owned).collect();
        found.sort();
        found
    };
    let joined = || said(&vm.posse(&["out", "1"]).text(), "joined as").len() == 2;
    assert!(wait_until(LONG, joined), "{}", vm.posse(&["out", "1"]).text());
    kill_owner(&vm);
    let there = |args: &[&str]| on_host(&vm, "n001", args);
    let touch = format!("touch {GO}");
    let touch = ["e", "-H", "n[002-003]", &touch];
    assert!(wait_until(LONG, || there(&touch).code == 0), "{}", there(&["hosts"]).text());
    let text = there(&["attach", "1"]).text();
    let both = || vec!["0".to_owned(), "1".to_owned()];
    let numbers = |what: &str| -> Vec<String> {
        let lines = said(&text, what);
        lines.iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
    };
    assert_eq!((numbers("joined as"), numbers("passed as")), (both(), both()), "{text}");
    // So that it can be ended by the owner.
    let _ = vm.posse(&["up", "--batch", "n001"]);
    let back = || vm.posse(&["e", &format!("rm -f {GO}")]).code == 0;
    assert!(wait_until(LONG, back), "{}", vm.posse(&["hosts"]).text());
}
