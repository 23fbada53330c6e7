//! Two sites with the same private addresses, each behind a gateway that translates: one command
//! brings all up, `posse net` tells which pairs reach each other, `posse mw` works across.
//! Alone: `cargo nextest run -p posse-cluster --test sites`.

#![allow(clippy::unwrap_used)]

use posse_bed::{NamespaceBed, NamespaceOptions, Topology, require, wait_until};
use posse_cluster::{Vm, ready, without_root};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn bed(hosts: usize, options: NamespaceOptions) -> Option<NamespaceBed> {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return None;
    }
    Some(NamespaceBed::start(hosts, options).unwrap())
}

/// What `posse net` says of all pairs.
struct Net(Vec<Value>);

impl Net {
    #[track_caller]
    fn of(vm: &Vm, options: &[&str]) -> Net {
        let out = vm.posse(&[&["net", "--json"], options].concat()).ok().text();
        Net(out.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    #[track_caller]
    fn pair(&self, a: &str, b: &str) -> &Value {
        let is = |pair: &&Value| {
            (pair["a"] == a && pair["b"] == b) || (pair["a"] == b && pair["b"] == a)
        };
        self.0.iter().find(is).unwrap_or_else(|| panic!("no {a} and {b} in {:#?}", self.0))
    }

    #[track_caller]
    fn is(&self, a: &str, b: &str, route: &str) {
        let pair = self.pair(a, b);
        assert_eq!(pair["route"], route, "{pair:#}");
        assert!(pair["rtt_us"].is_u64(), "{pair:#}");
    }

    /// The person's own computer.
    fn owner(&self) -> &str {
        self.0[0]["a"].as_str().unwrap()
    }
}

fn mixes(vm: &Vm, hosts: &str, count: usize) {
    let line =
        format!("echo $POSSE_HOST; exec >&-; test $(sort -u | wc -l) = {count} && echo all >&2");
    let out = vm.posse(&["mw", "-H", hosts, &line]).ok();
    assert_eq!(out.stderr.matches("all").count(), count, "{}", out.stderr);
}

#[test]
fn pairs_of_two_sites() {
    let options = NamespaceOptions::default().topology(Topology::Sites);
    let Some(bed) = bed(4, options) else { return };
    let mut vm = Vm::start(&bed);
    let up = vm.posse(&["up", "--batch", "gw[1-2]", "n[001-004]"]).ok();
    assert!(up.stderr.contains("6 of 6 hosts up"), "{}", up.stderr);
    let net = Net::of(&vm, &["--bandwidth"]);
    assert_eq!(net.0.len(), 7 * 6 / 2);
    let owner = net.owner();
    for host in ["gw1", "gw2", "n001", "n002", "n003", "n004"] {
        net.is(owner, host, "tree");
        assert_eq!(net.pair(owner, host)["link"], "ssh");
    }
    for (a, b) in [("n001", "n002"), ("n003", "n004"), ("gw1", "gw2"), ("gw1", "n001")] {
        net.is(a, b, "direct");
        let rate = |key: &str| net.pair(a, b)[key].as_f64().unwrap();
        assert!(rate("to_a_bytes_per_s") > 0.0 && rate("to_b_bytes_per_s") > 0.0);
    }
    // Out of a site one gets, in not; what another host has the same address is no matter.
    net.is("gw2", "n001", "direct");
    assert_eq!(net.pair("gw2", "n001")["dialed_from"], "n001");
    net.is("gw1", "n003", "direct");
    assert_eq!(net.pair("gw1", "n003")["dialed_from"], "n003");
    for (a, b) in [("n001", "n003"), ("n001", "n004"), ("n002", "n003"), ("n002", "n004")] {
        net.is(a, b, "relayed");
        assert_eq!(net.pair(a, b)["via"], serde_json::json!([owner]));
        assert_eq!(net.pair(a, b)["not_direct"].as_array().unwrap().len(), 2);
    }
    let matrix = vm.posse(&["net"]).ok().text();
    let want = format!("21 pairs: 11 direct, 6 links of the tree, 4 relayed via {owner}");
    assert!(matrix.ends_with(&want), "{matrix}");
    let fold = vm.posse(&["net", "--fold"]).ok().text();
    assert!(fold.contains("n[001-002] - n[003-004]"), "{fold}");
    mixes(&vm, "n[001-004]", 4);
    vm.down();
}

#[test]
fn pairs_of_two_sites_without_root() {
    without_root("pairs_of_two_sites");
}

/// The laptop knows the gateways alone; they know their sites.
#[test]
fn sites_are_explored() {
    let options = NamespaceOptions::default().topology(Topology::Sites).jump(false);
    let Some(bed) = bed(4, options) else { return };
    let mut vm = Vm::start(&bed);
    let found = vm.posse(&["explore", "--batch", "gw[1-2]", "n[001-004]"]).ok();
    assert!(found.stderr.contains("6 of 6 hosts up"), "{}", found.stderr);
    let net = Net::of(&vm, &[]);
    let owner = net.owner();
    net.is("gw1", "n002", "tree");
    net.is("n001", "n002", "direct");
    net.is(owner, "n001", "relayed");
    assert_eq!(net.pair(owner, "n001")["via"], serde_json::json!(["gw1"]));
    net.is("n001", "n004", "relayed");
    assert_eq!(net.pair("n001", "n004")["via"], serde_json::json!(["gw1", owner, "gw2"]));
    mixes(&vm, "n[001-004]", 4);
    vm.down();
}

/// From now on this host takes no new connections but ssh's.
fn close(bed: &NamespaceBed, host: &str) {
    let rules = "nft 'add table ip guard; \
                 add chain ip guard in { type filter hook input priority 0; }; \
                 add rule ip guard in tcp dport != 2222 ct state new drop'";
    assert!(bed.admin_in(host, rules).unwrap().status().unwrap().success());
}

/// A port that swallows what comes keeps nobody from logging in again.
#[test]
fn a_closed_port_is_passed_by() {
    let Some(bed) = bed(1, NamespaceOptions::default()) else { return };
    let mut vm = Vm::up(&bed, "n001");
    close(&bed, "n001");
    let daemon = vm.daemon("n001").pid;
    for _ in 0..2 {
        let logins = || vm.processes("-- n001 ").into_iter().filter(|p| p.exe.ends_with("ssh"));
        let login = logins().next().unwrap().pid;
        kill_process(Pid::from_raw(i32::try_from(login).unwrap()).unwrap(), Signal::KILL).unwrap();
        assert!(wait_until(LONG, || logins().any(|new| new.pid != login)));
        assert_eq!(vm.posse(&["e", "echo x"]).ok().text(), "x");
        let table = vm.posse(&["hosts", "n001"]).ok().text();
        assert!(table.contains(" ssh "), "{table}");
    }
    assert_eq!(vm.daemon("n001").pid, daemon);
    assert!(!vm.posse(&["events"]).text().contains("is down"));
    vm.down();
}

/// A firewall lets connections through in one direction only: that is enough.
#[test]
fn a_firewall_in_one_direction() {
    let Some(bed) = bed(2, NamespaceOptions::default()) else { return };
    let mut vm = Vm::up(&bed, "n[001-002]");
    for (closed, open) in [("n001", "n002"), ("n002", "n001")] {
        close(&bed, closed);
        let net = Net::of(&vm, &[]);
        net.is("n001", "n002", "direct");
        assert_eq!(net.pair("n001", "n002")["dialed_from"], closed);
        let doctor = vm.posse(&["doctor", closed, open]).ok().text();
        assert!(doctor.contains("its port"), "{doctor}");
        let again = bed.admin_in(closed, "nft delete table ip guard").unwrap().status().unwrap();
        assert!(again.success());
    }
    ["n001", "n002"].iter().for_each(|host| close(&bed, host));
    let net = Net::of(&vm, &[]);
    net.is("n001", "n002", "relayed");
    vm.down();
}
