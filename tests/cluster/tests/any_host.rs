//! Any host dies at once, as in a power cut: what runs on the others goes on, and the dead one
//! comes back in a new life.
//! Front ends that die or stand still: `front_ends`.
//! Alone: `cargo nextest run -p posse-cluster --test any_host`.

#![allow(clippy::unwrap_used)]

use posse_bed::{NamespaceBed, NamespaceOptions, require, wait_until};
use posse_cluster::{Streams, Vm, ready};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(90);
const HOSTS: [&str; 5] = ["n001", "n002", "n003", "n004", "n005"];
const ALL: &str = "n[001-005]";

/// Five hosts that are up, and enough of them voting that one may be lost.
fn started() -> Option<(NamespaceBed, Vm)> {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return None;
    }
    let bed = NamespaceBed::start(HOSTS.len(), NamespaceOptions::default()).unwrap();
    let vm = Vm::up(&bed, ALL);
    let votes = || vm.posse(&["hosts"]).ok().text().matches("votes").count();
    assert!(wait_until(LONG, || votes() >= 4), "{}", vm.posse(&["hosts"]).text());
    Some((bed, vm))
}

/// A directory of this name in the bed.
fn place(bed: &NamespaceBed, name: &str) -> PathBuf {
    let path = bed.root().join(name);
    std::fs::create_dir(&path).unwrap();
    path
}

/// Hosts that are up, the person's own among them, and in which life each is.
fn lives(vm: &Vm) -> BTreeMap<String, u64> {
    let out = vm.posse(&["hosts", "--json"]).ok().text();
    let hosts = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let life = |host: Value| {
        (host["name"].as_str().unwrap().to_owned(), host["incarnation"].as_u64().unwrap())
    };
    hosts.filter(|host| host["up"] == true).map(life).collect()
}

fn pids(vm: &Vm) -> [u32; 5] {
    HOSTS.map(|host| vm.daemon(host).pid)
}

#[test]
fn each_other_host() {
    let Some((mut bed, vm)) = started() else { return };
    for (number, host) in HOSTS.iter().enumerate() {
        let rest: Vec<&str> = HOSTS.into_iter().filter(|other| other != host).collect();
        let streams = Streams::start(&vm, &place(&bed, host), ALL, ALL);
        HOSTS.iter().for_each(|host| streams.flow(host));
        let (daemons, mut lived) = (pids(&vm), lives(&vm));
        bed.crash(host).unwrap();
        rest.iter().for_each(|host| streams.flow(host));
        streams.flow_to(rest[0], rest[3]);
        bed.boot(host).unwrap();
        let lost = [format!("the link to {host} is lost"), format!("{host} is down")];
        let events = || vm.posse(&["events"]).text();
        let is_known = || lost.iter().any(|words| events().contains(words));
        assert!(wait_until(LONG, is_known), "{}", events());
        let up = vm.posse(&["up", "--batch", host]).ok();
        assert!(up.stderr.contains("1 of 1 hosts up"), "{}", up.stderr);
        rest.iter().for_each(|host| streams.flow(host));
        let ended = streams.stop();
        assert!(ended.e.0 == 255 && ended.e.1.contains(host), "{ended:?}");
        assert!(ended.mw.0 == 255 && ended.mw.1.contains(host), "{ended:?}");
        assert_eq!(ended.of_e, rest, "{ended:?}");
        ended.all_read(&rest);
        let mut now = pids(&vm);
        assert_ne!(now[number], daemons[number], "{}", events());
        now[number] = daemons[number];
        *lived.get_mut(*host).unwrap() += 1;
        assert_eq!((now, lives(&vm)), (daemons, lived), "one new life: {}", events());
        assert_eq!(vm.posse(&["e", "echo $POSSE_HOST"]).ok().sorted(), HOSTS);
    }
}
