//! Plans played through: who is tried from where, in which order, and when it is over.

use super::*;
use posse::{Cause, Facts, HostState, Incarnation, Launcher};

fn request(name: &str) -> HostRequest {
    let launcher = if name.starts_with("local") { Launcher::Local } else { Launcher::Ssh };
    HostRequest { name: name.to_owned(), user: None, port: None, slots: None, launcher }
}

fn entry(number: u32, name: &str, parent: u32, is_up: bool) -> HostEntry {
    let down = HostState::Down { why: "gone".into() };
    HostEntry {
        number: HostId(number),
        name: name.to_owned(),
        incarnation: Incarnation(1),
        state: if is_up { HostState::Up } else { down },
        launcher: "ssh".into(),
        parent: HostId(parent),
        rtt_us: 0,
        slots: 1,
        key: [0; 32],
        facts: Facts::default(),
    }
}

fn ways(wanted: &[&str], hosts: &[HostEntry], uses: &[(&str, &str)], policy: Policy) -> Ways {
    let requests = wanted.iter().map(|name| request(name)).collect();
    let uses: Vec<Statement> =
        uses.iter().map(|(from, to)| Statement::new(from, to).unwrap()).collect();
    Ways::new(requests, hosts, &uses, &Lookup::default(), policy).unwrap()
}

/// What starts now, as text: `here: a b; gw: c`.
fn starts(ways: &mut Ways) -> String {
    let batches = ways.next(8);
    let text = |(way, targets): &(Way, Vec<usize>)| {
        let names: Vec<&str> = targets.iter().map(|at| ways.targets[*at].name()).collect();
        format!("{}: {}", ways.from(*way), names.join(" "))
    };
    batches.iter().map(text).collect::<Vec<_>>().join("; ")
}

fn fail(ways: &mut Ways, name: &str, cause: Cause) {
    let at = ways.find(name).unwrap();
    let Standing::Running(way) = ways.targets[at].standing else { panic!("{name} is idle") };
    ways.on_failed(at, Attempt { way, cause, why: "no".into(), hint: String::new() });
}

fn up(ways: &mut Ways, name: &str, number: u32) {
    let at = ways.find(name).unwrap();
    ways.on_up(at, HostId(number), false);
}

fn is_failed(ways: &Ways, name: &str) -> bool {
    ways.targets[ways.find(name).unwrap()].settled() == Some(Settled::Failed)
}

#[test]
fn up_tries_from_here_alone() {
    let mut ways = ways(&["a", "b"], &[entry(1, "gw", 0, true)], &[], Policy::Known);
    assert_eq!(starts(&mut ways), "here: a b");
    fail(&mut ways, "a", Cause::Unreachable);
    assert_eq!((starts(&mut ways), is_failed(&ways, "a")), (String::new(), true));
    up(&mut ways, "b", 2);
    assert_eq!((starts(&mut ways), ways.take_settled()), (String::new(), vec![0, 1]));
}

#[test]
fn exploring_goes_on_from_what_was_reached() {
    let mut ways = ways(&["gw", "n1", "n2"], &[], &[], Policy::Explore);
    assert_eq!(starts(&mut ways), "here: gw n1 n2");
    fail(&mut ways, "n1", Cause::Unresolvable);
    fail(&mut ways, "n2", Cause::Timeout);
    assert_eq!(starts(&mut ways), "", "gw may come up yet");
    up(&mut ways, "gw", 1);
    assert_eq!(starts(&mut ways), "gw: n1 n2");
    fail(&mut ways, "n2", Cause::PermissionDenied);
    assert_eq!(starts(&mut ways), "");
    up(&mut ways, "n1", 2);
    assert_eq!(starts(&mut ways), "n1: n2");
    fail(&mut ways, "n2", Cause::HostKey);
    assert_eq!((starts(&mut ways), is_failed(&ways, "n2")), (String::new(), true));
    assert_eq!(ways.targets[2].tried.len(), 3);
}

#[test]
fn who_was_reached_is_not_tried_from_elsewhere() {
    let hosts = [entry(1, "gw", 0, true)];
    for cause in [Cause::PermissionDenied, Cause::HostKey, Cause::NoSpace, Cause::Shell] {
        let mut ways = ways(&["a", "local1"], &hosts, &[], Policy::Explore);
        assert_eq!(starts(&mut ways), "here: a local1");
        fail(&mut ways, "a", cause);
        fail(&mut ways, "local1", Cause::Unreachable);
        assert_eq!(starts(&mut ways), "", "{cause:?}");
        assert!(is_failed(&ways, "a") && is_failed(&ways, "local1"), "{cause:?}");
    }
}

#[test]
fn tries_are_bounded() {
    let names = ["a1", "b1", "c1", "d1", "e1", "f1", "g1", "h1", "i1", "x8", "x9", "x10"];
    let hosts: Vec<HostEntry> =
        names.iter().zip(1..).map(|(name, number)| entry(number, name, 0, true)).collect();
    let mut ways = ways(&["x1"], &hosts, &[], Policy::Explore);
    let mut tried = Vec::new();
    loop {
        let now = starts(&mut ways);
        if now.is_empty() {
            break;
        }
        tried.push(now);
        fail(&mut ways, "x1", Cause::Unreachable);
    }
    assert_eq!(tried[..4], ["here: x1", "x10: x1", "x8: x1", "a1: x1"]);
    assert_eq!(tried.len(), 1 + TRIED_THROUGH_MAX);
}

#[test]
fn a_stated_way_is_waited_for_and_comes_first() {
    let uses = [("gw*", "me@n*")];
    let mut ways = ways(&["n1", "n2", "gw1", "gw2"], &[], &uses, Policy::Known);
    assert_eq!(ways.targets[0].request.user.as_deref(), Some("me"));
    assert_eq!(starts(&mut ways), "here: gw1 gw2");
    up(&mut ways, "gw2", 2);
    up(&mut ways, "gw1", 1);
    assert_eq!(starts(&mut ways), "gw1: n1; gw2: n2", "in turns");
    fail(&mut ways, "n1", Cause::PermissionDenied);
    assert_eq!(starts(&mut ways), "gw2: n1");
    fail(&mut ways, "n1", Cause::PermissionDenied);
    assert_eq!(starts(&mut ways), "here: n1");
}

#[test]
fn who_wait_for_each_other_start_here() {
    let uses = [("lab*", "lab*")];
    let mut ways = ways(&["lab1", "lab2"], &[], &uses, Policy::Known);
    assert_eq!(starts(&mut ways), "here: lab1 lab2");
}

#[test]
fn the_way_that_worked_is_remembered() {
    let hosts = [entry(1, "gw", 0, true), entry(2, "n1", 1, false), entry(3, "m1", 9, false)];
    let mut again = ways(&["n1", "m1"], &hosts, &[], Policy::Known);
    assert_eq!(starts(&mut again), "here: m1; gw: n1");
    let mut both =
        ways(&["n1", "gw"], &[entry(1, "gw", 0, false), hosts[1].clone()], &[], Policy::Known);
    assert_eq!(starts(&mut both), "here: gw");
    fail(&mut both, "gw", Cause::Unreachable);
    assert_eq!(starts(&mut both), "here: n1");
    // Its like go the same way before others are tried.
    let more = [hosts[0].clone(), hosts[1].clone(), entry(4, "n7", 0, true)];
    let mut like = ways(&["n3"], &more, &[], Policy::Explore);
    starts(&mut like);
    fail(&mut like, "n3", Cause::Unresolvable);
    assert_eq!(starts(&mut like), "gw: n3");
}

#[test]
fn batches_are_limited() {
    let hosts = [entry(1, "gw", 0, true), entry(2, "n1", 1, false)];
    let mut ways = ways(&["n1", "a"], &hosts, &[], Policy::Known);
    assert_eq!(ways.next(1), [(Way::Through(HostId(1)), vec![0])]);
    assert_eq!(ways.next(0), []);
    assert_eq!(ways.next(1), [(Way::Direct, vec![1])]);
}
