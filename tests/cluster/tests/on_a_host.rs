//! `posse` typed on a host of the vm, while the owner's machine leads: the daemon there passes the
//! front end on. Alone: `cargo nextest run -p posse-cluster --test on_a_host`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions};
use posse_cluster::{Vm, on_host, posse_binary, ready};

#[test]
fn a_front_end_on_a_host_has_the_whole_vm() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    let there = |args: &[&str]| on_host(&vm, "n002", args);
    let told = there(&["e", "echo $POSSE_HOST"]).ok().text();
    let mut hosts: Vec<&str> = told.lines().collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["n001", "n002", "n003"]);
    assert_eq!(there(&["hosts", "-q"]).ok().text(), vm.posse(&["hosts", "-q"]).ok().text());
    assert_eq!(
        there(&["e", "-H", "n003", "head -c 3000000 /dev/zero | wc -c"]).ok().text(),
        "3000000"
    );
    let much = there(&["e", "-H", "n003", "--raw", "yes 0123456789 | head -c 5000000"]).ok();
    assert_eq!(much.stdout.len(), 5_000_000);
    let held = ["names", "register", "x", "v", "--", "posse", "names", "lookup", "x"];
    let held =
        held.map(|word| if word == "posse" { posse_binary().to_str().unwrap() } else { word });
    assert_eq!(there(&held).ok().text(), "v", "registered and looked up there");
    for denied in [&["up", "--batch", "n004"][..], &["remove", "n003"], &["down"]] {
        let out = there(denied);
        assert!(out.code != 0 && out.stderr.contains("typed on"), "{denied:?}: {out:?}");
    }
    assert_eq!(vm.posse(&["e", "echo up"]).ok().text().lines().count(), 3);
}
