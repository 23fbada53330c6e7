//! The host of the person who types is lost, and the vm goes on: another host leads, has all that
//! detached commands say, and hands back when the owner's daemon is there again.
//! Alone: `cargo nextest run -p posse-cluster --test first_host`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Ran, Vm, kill_owner, on_host, ready};
use std::collections::BTreeMap;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(90);

fn up(ran: &Ran) -> Vec<String> {
    let mut names: Vec<String> = ran.text().lines().map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn the_first_host_dies_and_comes_back() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(5, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-005]");
    let hosts = ["n001", "n002", "n003", "n004", "n005"];
    let votes = || vm.posse(&["hosts"]).ok().text().matches("votes").count();
    assert!(wait_until(LONG, || votes() >= 3), "{}", vm.posse(&["hosts"]).text());
    let _ = vm.posse(&["names", "register", "x", "1", "--for", "1"]);
    let script = "i=0; while [ $i -lt 600 ]; do echo $i; i=$((i+1)); sleep 0.05; done; exit 7";
    let _ = vm.posse(&["e", "--detach", script]).ok();
    vm.wait_running("sh -c", 5);
    let pids: BTreeMap<&str, u32> = hosts.map(|host| (host, vm.daemon(host).pid)).into();
    kill_owner(&vm);
    let all = || up(&on_host(&vm, "n001", &["hosts", "-q"])) == hosts;
    assert!(wait_until(LONG, all), "{}", on_host(&vm, "n001", &["hosts"]).text());
    assert_eq!(on_host(&vm, "n001", &["e", "echo x"]).ok().text().lines().count(), 5);
    let whole = on_host(&vm, "n001", &["attach", "1"]).expect(7);
    let mut lines: Vec<u32> = whole.text().lines().map(|line| line.parse().unwrap()).collect();
    lines.sort_unstable();
    let wanted: Vec<u32> = (0..600).flat_map(|line| [line; 5]).collect();
    assert!(lines == wanted, "{} lines of {}", lines.len(), wanted.len());
    for (host, pid) in &pids {
        assert_eq!(vm.daemon(host).pid, *pid, "{host} lived on");
    }
    // The owner's daemon comes back, with its old table, and leads again.
    let _ = vm.posse(&["up", "--batch", "n001"]);
    let lines = |ran: &Ran| ran.text().lines().count();
    let back = || lines(&vm.posse(&["e", "-H", "n[001-005]", "echo x"])) == 5;
    assert!(wait_until(LONG, back), "{}", vm.posse(&["hosts"]).text());
    assert_eq!(lines(&vm.posse(&["attach", "1"]).expect(7)), 3000);
    for (host, pid) in &pids {
        assert_eq!(vm.daemon(host).pid, *pid, "{host} lived on");
    }
}
