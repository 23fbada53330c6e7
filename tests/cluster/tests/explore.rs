//! Hosts that this computer cannot log in to: `explore` finds who can, level by level, remembers
//! it, and says of the others who tried; `use` states it.
//! Alone: `cargo nextest run -p posse-cluster --test explore`.

#![allow(clippy::unwrap_used)]

use posse_bed::{NamespaceBed, NamespaceOptions, Topology, require, wait_until};
use posse_cluster::{Vm, ready};
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// An address in nobody's network: quicker than a name that no server of names knows.
const NOBODY: &str = "Host nobody\n  HostName 10.79.0.9";

/// Only `gw` can be reached from the laptop; nothing passes between the `cut` pairs.
fn bed(hosts: usize, cut: &[(&str, &str)]) -> Option<NamespaceBed> {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return None;
    }
    let options =
        NamespaceOptions::default().topology(Topology::Gateway).jump(false).client_line(NOBODY);
    let mut bed = NamespaceBed::start(hosts, options).unwrap();
    for host in ["gw".to_owned()].iter().chain(bed.hosts()) {
        let config = bed.root().join(format!("hosts/{host}/home/.ssh/config"));
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, format!("ConnectTimeout 3\n{text}\n{NOBODY}\n")).unwrap();
    }
    cut.iter().for_each(|(a, b)| bed.cut(a, b).unwrap());
    Some(bed)
}

fn via(vm: &Vm) -> Vec<String> {
    let row = r#"s/.*"name":"\([^"]*\)".*"via":"\([^"]*\)".*/\1 \2/;t;d"#;
    vm.line(&format!("posse hosts --json | sed '{row}'")).ok().sorted()
}

#[test]
fn the_way_through_a_gateway_is_found() {
    let Some(bed) = bed(3, &[]) else { return };
    let mut vm = Vm::start(&bed);
    let dry = vm.posse(&["explore", "--dry", "gw", "n[001-003]"]).ok();
    assert_eq!(dry.text(), "gw,n[001-003]: from here");
    let _they_are_unknown_here = vm.posse(&["up", "--batch", "gw", "n001"]).expect(5);
    let dry = vm.posse(&["explore", "--dry", "n[001-003]"]).ok();
    assert_eq!(dry.text(), "n[001-003]: from here, from gw");

    let found = vm.posse(&["explore", "--batch", "gw", "n[001-003]", "nobody"]).expect(5);
    let said = found.text();
    assert!(said.contains("reached: gw (up already)\n"), "{said}");
    assert!(said.contains("reached: n[001-003] through gw\n"), "{said}");
    let failed = "failed: nobody\n  from here: the network cannot reach it\n    ssh: connect to";
    assert!(said.contains(failed), "{said}");
    assert!(said.contains("\n  from gw: the network cannot reach it\n    ssh: "), "{said}");
    assert!(found.stderr.contains("4 of 5 hosts up") && found.stderr.contains("posse use"));
    assert_eq!(vm.posse(&["e", "hostname"]).ok().sorted(), ["gw", "n001", "n002", "n003"]);
    let table = vm.posse(&["hosts", "n002"]).ok().text();
    assert!(table.contains(" VIA ") && table.contains(" gw "), "{table}");
    assert_eq!(via(&vm), ["n001 gw", "n002 gw", "n003 gw"]);

    // What was found is used at once, by `up` too: nobody asks for the name here.
    let daemon = i32::try_from(vm.daemon("n002").pid).unwrap();
    kill_process(Pid::from_raw(daemon).unwrap(), Signal::KILL).unwrap();
    let down = || vm.posse(&["hosts", "-q"]).ok().text() == "gw\nn001\nn003";
    assert!(wait_until(LONG, down), "{:?}", vm.posse(&["hosts"]));
    let up = vm.posse(&["up", "--batch", "--json", "n002"]).ok().text();
    assert!(up.contains("\"through\":\"gw\"") && up.contains("\"tried\":[]"), "{up}");
    assert_eq!(vm.posse(&["use"]).ok().text(), "found   gw  n[001-003]");
    vm.down();
}

/// n002 only from n001, n003 only from n002: three logins deep, in one go.
#[test]
fn a_host_that_was_reached_is_itself_a_way() {
    let cuts = [("gw", "n002"), ("gw", "n003"), ("n001", "n003")];
    let Some(bed) = bed(3, &cuts) else { return };
    let mut vm = Vm::start(&bed);
    let found = vm.posse(&["explore", "--batch", "gw", "n[001-003]"]).ok();
    assert!(found.stderr.contains("4 of 4 hosts up"), "{found:?}");
    assert_eq!(via(&vm), ["n001 gw", "n002 n001", "n003 n002"]);
    let sums = vm.line("head -c 300000 /dev/urandom >f; cksum <f; posse e -i cksum <f");
    let lines = sums.ok().sorted();
    assert!(lines.len() == 5 && lines.iter().all(|line| *line == lines[0]), "{lines:?}");
    vm.down();
}

#[test]
fn what_is_stated_is_used_without_a_try_from_here() {
    let Some(bed) = bed(2, &[]) else { return };
    let mut vm = Vm::start(&bed);
    let _ = vm.posse(&["use", "gw", "n*"]).ok();
    let _ = vm.posse(&["use", "n00?"]).ok();
    assert_eq!(vm.posse(&["use"]).ok().text(), "stated  gw    n*\nstated  n00?  n00?");
    let _ = vm.posse(&["use", "--delete", "n00?"]).ok();
    let _ = vm.posse(&["use", "--delete", "n00?"]).expect(2);
    let _ = vm.posse(&["use", "bad["]).expect(2);
    // In any order: the hosts wait for their gateway.
    let up = vm.posse(&["up", "--batch", "--json", "n[001-002]", "gw"]).ok().text();
    assert_eq!(up.matches("\"through\":\"gw\"").count(), 2, "{up}");
    assert_eq!(up.matches("\"tried\":[]").count(), 3, "{up}");
    assert_eq!(vm.posse(&["e", "hostname"]).ok().sorted(), ["gw", "n001", "n002"]);
    vm.down();
}

/// n003 does not answer the laptop; n001 does not know its host key, n002 logs in.
#[test]
fn whoever_cannot_log_in_makes_room_for_the_next() {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return;
    }
    let options = NamespaceOptions::default().client_line("ConnectTimeout 5");
    let mut bed = NamespaceBed::start(3, options).unwrap();
    let config = bed.home(1).join(".ssh/config");
    let text = std::fs::read_to_string(&config).unwrap();
    let stranger = "Host n003\n  UserKnownHostsFile /dev/null\nHost *\n";
    std::fs::write(&config, format!("{stranger}{text}")).unwrap();
    bed.cut("laptop", "n003").unwrap();
    let mut vm = Vm::start(&bed);
    let _ = vm.posse(&["up", "--batch", "n[001-002]"]).ok();
    let up = vm.posse(&["up", "--batch", "n003"]).expect(5);
    assert!(up.stderr.contains("posse explore"), "{}", up.stderr);
    let found = vm.posse(&["explore", "--batch", "--json", "n003"]).ok().text();
    assert!(found.contains("\"up\":true") && found.contains("\"through\":\"n002\""), "{found}");
    let tries: Vec<&str> = found.match_indices("\"cause\":").map(|(at, _)| &found[at..]).collect();
    assert!(tries.len() == 2 && tries[0].starts_with("\"cause\":\"Unreachable\""), "{found}");
    assert!(tries[1].starts_with("\"cause\":\"HostKey\""), "{found}");
    vm.down();
}
