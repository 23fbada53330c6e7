//! Any of six hosts dies at once, as in a power cut, the person's own among them: what runs on the
//! others goes on, another host leads where it must, and the dead one comes back in a new life.
//! Front ends that die or stand still: `front_ends`.
//! Alone: `cargo nextest run -p posse-cluster --test any_host`.

#![allow(clippy::unwrap_used)]

use posse_bed::{NamespaceBed, NamespaceOptions, require, wait_until};
use posse_cluster::{Ran, Streams, Vm, Watched, command_on, numbered_lines, ready, whole};
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

/// The host that leads the vm in place of the person's own, once it has all the others.
#[track_caller]
fn leader(bed: &NamespaceBed, vm: &Vm) -> &'static str {
    let mut found = None;
    let ask = |host: &str| vm.posse_on(bed, host, &["hosts", "-q"]);
    let there = wait_until(LONG, || {
        found = HOSTS.into_iter().find(|host| ask(host).sorted() == HOSTS);
        found.is_some()
    });
    assert!(there, "nobody leads: {:?}", HOSTS.map(|host| (ask(host).text(), ask(host).stderr)));
    found.unwrap()
}

#[test]
fn the_first_host() {
    let Some((mut bed, vm)) = started() else { return };
    let stops = ["1", "2", "5"].map(|number| bed.root().join(format!("stop{number}")));
    let _ = vm.posse(&["e", "--detach", &numbered_lines(&stops[0])]).ok();
    let _ = vm.posse(&["e", "--detach", &numbered_lines(&stops[1])]).ok();
    let _ = vm.posse(&["e", "--detach", "exec sleep 4601"]).ok();
    let at_home = place(&bed, "at-home");
    let mut front = Watched::start(&vm, &at_home, &["mw", "echo $POSSE_HOST; exec sleep 4602"]);
    vm.wait_running("sleep 460", 10);
    let _ = vm.posse(&["names", "register", "held", "here", "--for", "3.4"]).ok();
    let (daemons, mut lived) = (pids(&vm), lives(&vm));
    bed.crash("laptop").unwrap();
    assert_ne!(front.end().0, 0);

    let leader = leader(&bed, &vm);
    let there = |args: &[&str]| vm.posse_on(&bed, leader, args);
    all_is_there(&there);
    assert_eq!(vm.running("sleep 4601").len(), 5);
    std::fs::write(&stops[0], "").unwrap();
    assert_eq!(whole(&there(&["attach", "1"]).ok().text()), HOSTS);
    let number = there(&["e", "--detach", &numbered_lines(&stops[2])]).ok().text();
    let elsewhere = |args: &[&str]| command_on(&bed, leader, args);
    let streams = Streams::typed(elsewhere, &place(&bed, "there"), (ALL, ALL));
    HOSTS.iter().for_each(|host| streams.flow(host));
    streams.flow_to("n001", "n005");

    // It is there again, and waits until nobody works on the other.
    bed.boot("laptop").unwrap();
    let mut up = Watched::start(&vm, &at_home, &["up", "--batch", ALL]);
    assert!(wait_until(LONG, || vm.log().contains("another host leads")), "{}", vm.log());
    streams.flow("n001");
    streams.flow_to("n005", "n002");
    streams.stop().all_well(&HOSTS, &HOSTS);
    let _it_may_have_to_be_typed_again = up.end();
    let here = |args: &[&str]| vm.posse(args);
    let back = || here(&["e", "-H", ALL, "echo $POSSE_HOST"]).sorted() == HOSTS;
    assert!(wait_until(LONG, back), "{}", here(&["hosts"]).text());
    all_is_there(&here);
    assert_eq!(vm.running("sleep 4601").len(), 5);
    *lived.get_mut("vm").unwrap() += 1;
    assert_eq!((pids(&vm), lives(&vm)), (daemons, lived), "one new life");
    stops.iter().for_each(|stop| std::fs::write(stop, "").unwrap());
    for number in ["1", "2", &number] {
        assert_eq!(whole(&here(&["attach", number]).ok().text()), HOSTS, "command {number}");
    }
}

/// All hosts take commands, what is detached goes on everywhere, names stand.
#[track_caller]
fn all_is_there(posse: &impl Fn(&[&str]) -> Ran) {
    assert_eq!(posse(&["e", "-H", ALL, "echo $POSSE_HOST"]).ok().sorted(), HOSTS);
    let so_far = || {
        let text = posse(&["out", "2"]).ok().text();
        HOSTS.map(|host| text.lines().filter(|line| line.starts_with(host)).count())
    };
    let before = so_far();
    let more = || so_far().iter().zip(before).all(|(now, before)| *now > before + 20);
    assert!(wait_until(LONG, more), "{before:?}, {:?}", so_far());
    assert_eq!(posse(&["names", "lookup", "held"]).ok().text(), "here");
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
