//! A cable between two hosts alone is cut, and others reach both: one of them carries what went
//! over it, and nobody notices. Where others find nothing either, the death is said to be known
//! through them.
//! Alone: `cargo nextest run -p posse-cluster --test around`.

#![allow(clippy::unwrap_used)]

use posse_bed::{NamespaceBed, NamespaceOptions, require, wait_until};
use posse_cluster::{Streams, Vm, ready};
use serde_json::Value;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const HOSTS: [&str; 4] = ["n001", "n002", "n003", "n004"];
const ALL: &str = "n[001-004]";
const LAPTOP: &str = "laptop";

fn bed() -> Option<NamespaceBed> {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return None;
    }
    Some(NamespaceBed::start(HOSTS.len(), NamespaceOptions::default()).unwrap())
}

/// Through which host this one hangs, where it is up.
fn via(vm: &Vm, host: &str) -> Option<String> {
    let out = vm.posse(&["hosts", "--json", host]).text();
    let host: Value = serde_json::from_str(out.lines().next()?).ok()?;
    let via = (host["state"] == "up").then(|| host["via"].as_str())?;
    Some(via.unwrap_or(LAPTOP).to_owned())
}

fn events(vm: &Vm) -> String {
    vm.posse(&["events"]).text()
}

#[track_caller]
fn hangs(vm: &Vm, host: &str, wanted: impl Fn(&str) -> bool) {
    let there = || via(vm, host).is_some_and(|via| wanted(&via));
    assert!(wait_until(LONG, there), "{:?}: {}{}", via(vm, host), events(vm), vm.log());
}

#[test]
fn a_cut_between_the_owner_and_one_host_is_passed_by() {
    let Some(mut bed) = bed() else { return };
    let mut vm = Vm::up(&bed, ALL);
    let streams = Streams::start(&vm, bed.root(), ALL, ALL);
    HOSTS.iter().for_each(|host| streams.flow(host));
    let daemon = vm.daemon("n002").pid;
    bed.cut(LAPTOP, "n002").unwrap();
    hangs(&vm, "n002", |via| HOSTS.contains(&via));
    HOSTS.iter().for_each(|host| streams.flow(host));
    streams.flow_to("n002", "n003");
    streams.flow_to("n003", "n002");
    let table = vm.posse(&["hosts"]).ok().text();
    assert!(table.contains("VIA"), "{table}");
    assert_eq!(vm.posse(&["e", "-H", "n002", "echo x"]).ok().text(), "x");
    bed.heal().unwrap();
    // Its relay dies to the owner too, and there is another way again.
    let relay = via(&vm, "n002").unwrap();
    bed.cut("n002", &relay).unwrap();
    hangs(&vm, "n002", |via| via != relay);
    HOSTS.iter().for_each(|host| streams.flow(host));
    bed.heal().unwrap();
    streams.stop().all_well(&HOSTS, &HOSTS);
    assert_eq!(vm.daemon("n002").pid, daemon);
    let events = events(&vm);
    assert!(!events.contains("is down"), "{events}");
    vm.down();
}

/// In each direction alone.
#[test]
fn a_cable_of_one_direction_is_passed_by() {
    let Some(mut bed) = bed() else { return };
    let mut vm = Vm::up(&bed, ALL);
    let streams = Streams::start(&vm, bed.root(), ALL, ALL);
    HOSTS.iter().for_each(|host| streams.flow(host));
    bed.cut_one_way("n001", LAPTOP).unwrap();
    bed.cut_one_way(LAPTOP, "n003").unwrap();
    for host in ["n001", "n003"] {
        hangs(&vm, host, |via| via != LAPTOP);
        streams.flow(host);
    }
    bed.heal().unwrap();
    streams.stop().all_well(&HOSTS, &HOSTS);
    assert!(!events(&vm).contains("is down"), "{}", events(&vm));
    vm.down();
}

/// Who leads is another way for a host that its relay does not reach.
#[test]
fn a_cut_below_a_relay_is_passed_by() {
    let Some(mut bed) = bed() else { return };
    let mut vm = Vm::up(&bed, "n[001-003]");
    let _ = vm.posse(&["up", "--batch", "--via", "n001", "n004"]).ok();
    hangs(&vm, "n004", |via| via == "n001");
    let streams = Streams::start(&vm, bed.root(), ALL, ALL);
    HOSTS.iter().for_each(|host| streams.flow(host));
    bed.cut("n001", "n004").unwrap();
    hangs(&vm, "n004", |via| via != "n001");
    HOSTS.iter().for_each(|host| streams.flow(host));
    bed.heal().unwrap();
    streams.stop().all_well(&HOSTS, &HOSTS);
    assert!(!events(&vm).contains("is down"), "{}", events(&vm));
    vm.down();
}

#[test]
fn whom_nobody_reaches_is_down_by_the_word_of_all() {
    let Some(mut bed) = bed() else { return };
    let mut vm = Vm::up(&bed, ALL);
    bed.link_down("n004").unwrap();
    assert!(wait_until(LONG, || events(&vm).contains("n004 is down")), "{}", events(&vm));
    let events = events(&vm);
    let line = events.lines().find(|line| line.contains("n004 is down")).unwrap();
    assert!(line.contains("silent for 9 s"), "{line}");
    assert!(line.ends_with("do not reach it either"), "{line}");
    for host in ["n001", "n002", "n003"] {
        assert!(line.contains(host), "{line}");
    }
    bed.link_up("n004").unwrap();
    let up = || vm.posse(&["up", "--batch", ALL]).code == 0;
    assert!(wait_until(LONG, up), "{}", vm.log());
    vm.down();
}
