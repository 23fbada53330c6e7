//! Detached commands do not need the daemon they were typed at: it stands still, or dies and loses
//! all it kept of them, and nothing that was said on the hosts is lost, or waits.
//! Alone: `cargo nextest run -p posse-cluster --test detached`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, ready, signal};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Numbered lines until a file is there.
fn lines(stop: &Path) -> String {
    let stop = stop.display();
    format!(
        "i=0; while [ ! -e {stop} ]; do echo $POSSE_HOST $i; i=$((i+1)); sleep 0.01; done; \
         echo $POSSE_HOST end $i"
    )
}

/// Panics unless each of these hosts has said each of its lines once, up to the last.
#[track_caller]
fn whole(text: &str, hosts: &[&str]) {
    let mut next: BTreeMap<&str, u32> = BTreeMap::new();
    let mut ended = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let count = next.entry(words[0]).or_default();
        match words[1..] {
            ["end", total] => {
                assert_eq!(total.parse(), Ok(*count), "{} has said more", words[0]);
                ended.push(words[0]);
            }
            [number] => {
                assert_eq!(number.parse(), Ok(*count), "{}: one missing or too many", words[0]);
                *count += 1;
            }
            _ => panic!("no line of ours: {line:?}"),
        }
    }
    ended.sort_unstable();
    assert_eq!(ended, hosts);
}

#[test]
fn the_owner_loses_what_it_kept() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    let stop = bed.root().join("stop");
    let _ = vm.posse(&["e", "--detach", "echo before; exit 3"]).ok();
    let _ = vm.posse(&["e", "--detach", &lines(&stop)]).ok();
    let _ = vm.posse(&["e", "--detach", "exec sleep 4391"]).ok();
    assert_eq!(vm.posse(&["attach", "1"]).text(), "before\nbefore\nbefore");
    assert!(wait_until(LONG, || vm.posse(&["out", "2"]).text().lines().count() > 100));
    vm.wait_running("sleep 4391", 3);

    let owner = vm.owner();
    signal(&owner, Signal::STOP);
    std::fs::remove_dir_all(vm.kept().join("out")).unwrap();
    signal(&owner, Signal::KILL);
    let is_there =
        |number: &str| vm.posse(&["ps"]).text().lines().any(|l| l.trim_start().starts_with(number));
    assert!(wait_until(LONG, || ["1 ", "2 ", "3 "].iter().all(|number| is_there(number))));
    assert!(wait_until(LONG, || vm.posse(&["hosts", "-q"]).text().lines().count() == 3));
    std::fs::write(&stop, "").unwrap();
    let all = vm.posse(&["attach", "2"]).ok();
    whole(&all.text(), &["n001", "n002", "n003"]);
    let again = vm.posse(&["attach", "1"]);
    assert_eq!((again.code, again.text().as_str()), (3, "before\nbefore\nbefore"));
    let _ = vm.posse(&["kill", "3"]).ok();
    vm.wait_gone("sleep 4391", LONG);
}

#[test]
fn nobody_waits_for_an_owner_that_stands_still() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-002]");
    let (go, done) = (bed.root().join("go"), bed.root().join("done"));
    let script = format!(
        "while [ ! -e {go} ]; do sleep 0.05; done; yes $POSSE_HOST | head -c 100000000; \
         touch {done}.$POSSE_HOST",
        go = go.display(),
        done = done.display()
    );
    let _ = vm.posse(&["e", "--detach", &script]).ok();
    vm.wait_running("sh -c while", 2);
    let owner = vm.owner();
    signal(&owner, Signal::STOP);
    std::fs::write(&go, "").unwrap();
    let is_done = |host: &str| done.with_extension(host).exists();
    assert!(wait_until(LONG, || is_done("n001") && is_done("n002")), "held back");
    signal(&owner, Signal::CONT);
    let out = vm.posse(&["attach", "--raw", "1"]).ok();
    assert_eq!(out.stdout.len(), 200_000_000);
}
