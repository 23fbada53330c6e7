//! 16 namespace hosts that only a gateway can reach (ProxyJump in the user's ssh configuration):
//! up, commands, a file to all, a broken login of one host, down.
//! Alone: `cargo nextest run -p posse-cluster --test gateway`.

#![allow(clippy::unwrap_used)]

use posse_bed::{NamespaceBed, NamespaceOptions, Topology, require};
use posse_cluster::{Vm, ready, without_root};

#[test]
fn sixteen_hosts_behind_a_jump_host() {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return;
    }
    let options = NamespaceOptions::default().topology(Topology::Gateway);
    let bed = NamespaceBed::start(16, options).unwrap();
    let mut vm = Vm::start(&bed);
    let up = vm.posse(&["up", "--batch", "n[001-016]"]).ok();
    assert!(up.stderr.contains("16 of 16 hosts up"), "{}", up.stderr);
    let want: Vec<String> = (1..=16).map(|k| format!("n{k:03} n{k:03}")).collect();
    let out = vm.posse(&["e", "echo $POSSE_HOST $(hostname)"]).ok();
    assert_eq!(out.sorted(), want, "each host has a name of its own");
    let out = vm.line(
        "head -c 300000 /dev/urandom >f; \
         cat f | posse e -i 'cat >f' && cksum <f && posse e 'cksum <f'",
    );
    let lines = out.ok().sorted();
    assert_eq!(lines.len(), 17);
    assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
    let sorted = vm.line("posse e {{ 'echo $(hostname) $(uptime)' }} sort -k1r").ok().text();
    assert!(sorted.starts_with("n016 ") && sorted.lines().count() == 16, "{sorted}");
    let fold = vm.posse(&["e", "--fold", "echo same"]).ok().text();
    assert!(fold.contains("n[001-016]"), "{fold}");
    vm.down();
}

#[test]
fn sixteen_hosts_behind_a_jump_host_without_root() {
    without_root("sixteen_hosts_behind_a_jump_host");
}
