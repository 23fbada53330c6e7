//! Direct links over lines that are far, break, stall, and bring one byte at a time: streams are
//! exact, and nobody is declared down.
//! Alone: `cargo nextest run -p posse-cluster --test bad_lines`; `POSSE_SEED=N` repeats a run.

#![allow(clippy::unwrap_used)]

use posse_bed::{
    Bend, Chance, LaptopSwitch, NamespaceBed, NamespaceOptions, Side, require, serve_switch,
    wait_until,
};
use posse_cluster::{Streams, Vm, ready, seed};
use std::time::{Duration, Instant};

const HOSTS: [&str; 3] = ["n001", "n002", "n003"];
const LONG: Duration = Duration::from_secs(60);

/// The other end is on the other side of an ocean.
const FAR: Bend = Bend { delay: Duration::from_millis(50), bytewise: false, stalled: false };

/// Longer than what makes a host suspect, shorter than what kills it.
const STALL: Duration = Duration::from_secs(5);

fn bend(switch: &mut LaptopSwitch, bend: Bend) {
    switch.bend(Side::There, bend).unwrap();
    switch.bend(Side::Back, bend).unwrap();
}

/// Looks on for so long.
fn pass(time: Duration) {
    let start = Instant::now();
    let _it_passes = wait_until(time, || start.elapsed() >= time);
}

/// Waits until new lines of everybody come, to the front end and to each other.
fn flows(streams: &Streams) {
    for host in HOSTS {
        let (before, heard) = (streams.from(host), streams.heard("n001", host));
        let more = || streams.from(host) > before + 20 && streams.heard("n001", host) > heard + 20;
        assert!(wait_until(LONG, more), "nothing new of {host}");
    }
}

#[test]
fn direct_links_over_a_bad_line() {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return;
    }
    let seed = seed();
    let mut chance = Chance::of_seed(seed);
    let mut bed = NamespaceBed::start(HOSTS.len(), NamespaceOptions::default()).unwrap();
    let mut switch = bed.switch("the_switch", seed).unwrap();
    bend(&mut switch, FAR);
    let vm = Vm::start(&bed);
    let up = vm.posse(&["up", "--batch", "--direct", "n[001-003]"]).ok();
    assert!(up.stderr.contains("3 of 3 hosts up"), "{}", up.stderr);
    let hosts = vm.posse(&["hosts", "n[001-003]"]).ok().text();
    assert_eq!(hosts.matches(" direct ").count(), HOSTS.len(), "{hosts}");
    let asked = Instant::now();
    let _ = vm.posse(&["e", "true"]).ok();
    assert!(asked.elapsed() > 2 * FAR.delay, "the switch is on the way: {:?}", asked.elapsed());

    let streams = Streams::start(&vm, bed.root(), "n[001-003]", "n[001-003]");
    flows(&streams);
    for round in 0..4 {
        let mut cuts = switch.cut().unwrap();
        // Again while links are being made anew.
        let again = Duration::from_millis(chance.below(400) as u64);
        pass(again);
        cuts += switch.cut().unwrap();
        assert!(cuts >= HOSTS.len(), "{cuts} links were cut");
        bend(&mut switch, Bend { bytewise: round % 2 == 0, ..FAR });
        flows(&streams);
    }
    // Both directions in turn bring nothing for a while, which is no death.
    for side in [Side::There, Side::Back] {
        switch.bend(side, Bend { stalled: true, ..FAR }).unwrap();
        pass(STALL);
        switch.bend(side, FAR).unwrap();
        flows(&streams);
    }
    let events = vm.posse(&["events"]).text();
    assert!(events.contains("is lost") && !events.contains("is down"), "{events}");
    streams.stop().all_well(&HOSTS, &HOSTS);
}

/// No scenario: what `NamespaceBed::switch` runs in the laptop's network.
#[test]
fn the_switch() {
    serve_switch();
}
