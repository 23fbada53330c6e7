//! Other ways to a host than a login from here that stays the link: a direct TLS link after the
//! login, a launch from another host of the vm, a launcher that ciphers nothing.
//! Alone: `cargo nextest run -p posse-cluster --test ways`.

#![allow(clippy::unwrap_used)]

use posse_bed::{NamespaceBed, NamespaceOptions, require, wait_until};
use posse_cluster::{Vm, ready, without_root};
use std::time::Duration;

fn bed(hosts: usize) -> Option<NamespaceBed> {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return None;
    }
    Some(NamespaceBed::start(hosts, NamespaceOptions::default()).unwrap())
}

#[test]
fn a_direct_link_takes_over_from_the_login() {
    let Some(bed) = bed(4) else { return };
    let mut vm = Vm::start(&bed);
    let up = vm.posse(&["up", "--batch", "--direct", "n[001-004]"]).ok();
    assert!(up.stderr.contains("4 of 4 hosts up"), "{}", up.stderr);
    let out = vm.posse(&["e", "hostname"]).ok().sorted();
    assert_eq!(out, ["n001", "n002", "n003", "n004"]);
    // `up` of a host that is there changes nothing of its link.
    let _ = vm.posse(&["up", "--batch", "n001"]).ok();
    let links = vm.posse(&["hosts", "n[001-004]"]).ok().text();
    let link = |line: &str| line.split_whitespace().nth(2).map(str::to_owned);
    let links: Vec<_> = links.lines().skip(1).filter_map(link).collect();
    assert_eq!(links, ["direct"; 4]);
    // No login is left: the links are TCP of the daemons' own.
    let gone = wait_until(Duration::from_secs(60), || vm.processes("ssh -F").is_empty());
    assert!(gone, "{:?}", vm.processes("ssh -F"));
    let sums = vm.line("head -c 3000000 /dev/urandom >f; cksum <f; posse e -i cksum <f");
    let lines = sums.ok().sorted();
    assert!(lines.len() == 5 && lines.iter().all(|line| *line == lines[0]), "{lines:?}");
    vm.down();
}

#[test]
fn a_host_is_launched_from_another_host() {
    let Some(mut bed) = bed(3) else { return };
    let mut vm = Vm::start(&bed);
    let up = vm.posse(&["up", "--batch", "n001"]).ok();
    assert!(up.stderr.contains("1 of 1 hosts up"), "{}", up.stderr);
    bed.cut("laptop", "n002").unwrap();
    bed.cut("laptop", "n003").unwrap();
    let up = vm.posse(&["up", "--batch", "--via", "n001", "n[002-003]"]).ok();
    assert!(up.stderr.contains("2 of 2 hosts up"), "{}", up.stderr);
    let out = vm.posse(&["e", "hostname; exit 3"]);
    assert_eq!((out.sorted(), out.code), (vec!["n001".into(), "n002".into(), "n003".into()], 3));
    let sums = vm.line("head -c 300000 /dev/urandom >f; cksum <f; posse e -i cksum <f");
    let lines = sums.ok().sorted();
    assert!(lines.len() == 4 && lines.iter().all(|line| *line == lines[0]), "{lines:?}");
    vm.down();
}

#[test]
fn a_host_is_launched_from_another_host_without_root() {
    without_root("a_host_is_launched_from_another_host");
}
