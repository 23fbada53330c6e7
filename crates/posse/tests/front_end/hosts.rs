//! Which hosts a command runs on.

use crate::stand_in::{host, vm, vm_of, vm_with, welcome};
use posse::{
    Command, CommandId, Error, HostEntry, HostId, HostLoad, HostState, Incarnation, Question, Vm,
};
use posse_wire::Message;
use posse_wire::msg::{Answered, Heartbeat, Hosts, Query, Reply, Welcome};

fn names(hosts: &[HostEntry]) -> Vec<&str> {
    hosts.iter().map(|host| host.name.as_str()).collect()
}

/// `h1` to `h4`, where `h3` is down, and the owner's daemon without slots.
fn mixed() -> (Vm, crate::stand_in::StandIn) {
    let mut hosts: Vec<HostEntry> = (1..=4).map(|n| host(n, &format!("h{n}"))).collect();
    hosts[2].state = HostState::Down { why: "gone".to_owned() };
    let why = "no route".to_owned();
    let never_up = (Incarnation(0), HostState::Down { why });
    hosts.push(HostEntry { incarnation: never_up.0, state: never_up.1, ..host(5, "h5") });
    hosts.push(HostEntry { slots: 0, ..host(0, "me") });
    vm_with(welcome(hosts))
}

#[test]
fn all_are_those_that_take_part_and_came_up() {
    let (vm, _daemon) = mixed();
    assert_eq!(names(&vm.select("all").unwrap()), ["h1", "h2", "h3", "h4"]);
    assert_eq!(names(&vm.select("h?").unwrap()), ["h1", "h2", "h3", "h4"]);
    assert_eq!(names(&vm.select("cores>=4").unwrap()), ["h2", "h3", "h4"]);
    assert_eq!(names(&vm.select("me,h3").unwrap()), ["h3", "me"], "by name, any member");
    let ranks = |command: Command| {
        let running = vm.run(&command)?;
        Ok::<_, Error>(running.ranks().iter().map(|one| one.host.0).collect::<Vec<_>>())
    };
    assert_eq!(ranks(Command::shell("x")).unwrap(), [1, 2, 3, 4]);
    assert_eq!(ranks(Command::shell("x").exclude("h2,nobody")).unwrap(), [1, 3, 4]);
    let numbers = vec![HostId(4), HostId(0)];
    assert_eq!(ranks(Command::shell("x").hosts(numbers)).unwrap(), [4, 0]);
    assert!(matches!(ranks(Command::shell("x").exclude("all")), Err(Error::NoHosts)));
    assert!(matches!(
        ranks(Command::shell("x").hosts(HostId(9))),
        Err(Error::NoSuchNumber { number: 9 })
    ));
}

#[test]
fn what_selects_nothing_sensible_is_named() {
    let (vm, _daemon) = mixed();
    let error = vm.select("h1,x[1-2]").unwrap_err();
    assert!(matches!(&error, Error::NotMembers { names } if names == &["x1", "x2"]), "{error}");
    assert!(error.to_string().contains("posse up 'x[1-2]'"), "{error}");
    assert!(matches!(vm.select("h[1-"), Err(Error::Selection { .. })));
    assert!(matches!(vm.select("@gpu"), Err(Error::Selection { .. })));
    vm.set_groups(|_: Option<&str>, name: &str| (name == "gpu").then(|| "h[1-2]".to_owned()));
    assert_eq!(names(&vm.select("@gpu").unwrap()), ["h1", "h2"]);
}

#[test]
fn each_host_is_told_what_it_loads() {
    let (vm, mut daemon) = vm(12);
    let command = Command::shell("x")
        .hosts("h[2-5]")
        .load("general")
        .load_on("h[1-3],stranger", "some")
        .load_on("h[7-9]", "nowhere here")
        .load_on("h*", "each")
        .load_on(vec![HostId(5), HostId(7)], "by number");
    let _running = vm.run(&command).unwrap();
    let (_, _, spec) = daemon.spawn();
    let on = |number| spec.loads_on(HostId(number)).join(" ");
    assert_eq!((on(2), on(4)), ("general some each".into(), "general each".into()));
    assert_eq!(on(5), "general each by number");
    assert_eq!(spec.loads.len(), 4);
    let unknown = Command::shell("x").load_on("@nobody", "x");
    assert!(matches!(vm.run(&unknown), Err(Error::Selection { .. })));
}

#[test]
fn hosts_are_asked_how_busy_they_are_only_where_it_matters() {
    let (vm, mut daemon) = vm(3);
    let selected = std::thread::spawn(move || vm.select("load<1 - h1"));
    let (id, query) = daemon.expect::<Query>();
    assert_eq!((query.question, query.targets.len()), (Question::Load, 3));
    for host in query.targets {
        let load = HostLoad { load: [host.0 as f32 - 2.5, 0.0, 0.0], ..HostLoad::default() };
        daemon.send(&Reply { host, answer: Answered::Load(load) }.frame(id));
    }
    assert_eq!(names(&selected.join().unwrap().unwrap()), ["h2", "h3"]);
}

#[test]
fn ten_thousand_hosts_come_in_parts() {
    let entries: Vec<_> = (1..=10_000).map(|number| host(number, &format!("h{number}"))).collect();
    let mut parts = Hosts::parts(entries.clone()).into_iter();
    let first = Welcome { hosts: parts.next().unwrap(), ..welcome(Vec::new()) };
    assert!(first.hosts.more);
    let beat = || Heartbeat::default().frame(CommandId::NONE);
    let follow = parts.flat_map(|part| [beat(), part.frame(CommandId::NONE)]);
    let (vm, mut daemon) = vm_of([first.frame(CommandId::NONE)].into_iter().chain(follow));
    assert!(vm.hosts()[..] == entries[..]);
    let _running = vm.run(&Command::shell("x").hosts("h[1-10000] - h7")).unwrap();
    let (_, spawn, _) = daemon.spawn();
    assert_eq!(spawn.targets.len(), 9_999);
    let asked = std::thread::spawn(move || vm.refresh_hosts().unwrap().len());
    let (id, _) = daemon.expect::<Hosts>();
    for part in Hosts::parts(entries) {
        daemon.send(&part.frame(id));
    }
    assert_eq!(asked.join().unwrap(), 10_000);
}
