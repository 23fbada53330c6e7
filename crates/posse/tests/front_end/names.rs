//! The registry of names: what is asked under which number, and what the answers mean.

use crate::stand_in::{StandIn, vm};
use posse::{Error, NameChange, NameEntry, NameHolder, Names, Outcome, Rank};
use posse_wire::msg::{Named, Names as Ask};
use posse_wire::{CommandId, HostId, Incarnation, Message};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

fn holder() -> NameHolder {
    let (host, incarnation) = (HostId(1), Incarnation(1));
    NameHolder { host, incarnation, command: CommandId(7), rank: Rank(0) }
}

fn entry(name: &str) -> NameEntry {
    NameEntry { name: name.to_owned(), value: b"v".to_vec(), holder: holder(), version: 9 }
}

/// Asked in a thread of its own.
fn asking<T: Send + 'static>(
    names: &Names,
    ask: impl FnOnce(Names) -> T + Send + 'static,
) -> JoinHandle<T> {
    let names = names.clone();
    thread::spawn(move || ask(names))
}

fn answer(daemon: &mut StandIn, wanted: &Ask, named: &Named) -> CommandId {
    let (id, ask) = daemon.expect::<Ask>();
    assert_eq!(ask, *wanted);
    daemon.send(&named.frame(id));
    id
}

fn register(client: u64, seq: u64) -> Ask {
    let (name, value) = ("a".to_owned(), b"v".to_vec());
    Ask::Register { client, seq, name, value, process: None, version: None }
}

#[test]
fn changes_are_numbered_and_share_one_id() {
    let (vm, mut daemon) = vm(1);
    let names = vm.names();
    let asked = asking(&names, |names| names.register("a", b"v"));
    let first = answer(&mut daemon, &Ask::Open, &Named::Opened { client: 5 });
    let id = answer(&mut daemon, &register(5, 1), &Named::Registered { version: 9 });
    assert_eq!((id, asked.join().unwrap().unwrap()), (first, 9));
    let asked = asking(&names, |names| names.register("a", b"v"));
    let taken = Named::Taken { holder: holder(), version: 9 };
    answer(&mut daemon, &register(5, 2), &taken);
    let error = asked.join().unwrap().unwrap_err();
    assert!(matches!(&error, Error::NameTaken { version: 9, .. }), "{error:?}");
    assert_eq!(error.outcome(), Outcome::NotDone);
    // Forgotten while it was silent: it opens again, and nothing was done twice.
    let asked = asking(&names, |names| names.register("a", b"v"));
    answer(&mut daemon, &register(5, 3), &Named::Forgotten);
    answer(&mut daemon, &Ask::Open, &Named::Opened { client: 6 });
    answer(&mut daemon, &register(6, 1), &Named::Registered { version: 12 });
    assert_eq!(asked.join().unwrap().unwrap(), 12);
    let asked = asking(&names, |names| names.unregister("a", Some(12)));
    let (client, seq, name, version) = (6, 2, "a".to_owned(), Some(12));
    let why = "no majority".to_owned();
    let refused = Named::Refused { why, outcome: Outcome::Unknown };
    answer(&mut daemon, &Ask::Unregister { client, seq, name, version }, &refused);
    assert_eq!(asked.join().unwrap().unwrap_err().outcome(), Outcome::Unknown);
}

#[test]
fn lists_come_in_parts_and_waits_end_with_their_time() {
    let (vm, mut daemon) = vm(1);
    let names = vm.names();
    let asked = asking(&names, |names| names.list("s/"));
    let list = |behind: Option<&str>| Ask::List {
        prefix: "s/".to_owned(),
        behind: behind.map(str::to_owned),
    };
    let listed = |name: &str, more| Named::Listed { names: vec![entry(name)], more };
    answer(&mut daemon, &list(None), &listed("s/a", true));
    answer(&mut daemon, &list(Some("s/a")), &listed("s/b", false));
    assert_eq!(asked.join().unwrap().unwrap(), [entry("s/a"), entry("s/b")]);
    let late = Instant::now() + Duration::from_secs(3600);
    for (found, is_there) in [(None, false), (Some(entry("a")), true)] {
        let asked = asking(&names, move |names| names.wait("a", Some(late)));
        let (id, ask) = daemon.expect::<Ask>();
        assert!(matches!(ask, Ask::Wait { within_ms: 1..=3_600_000, .. }), "{ask:?}");
        daemon.send(&Named::Found(found).frame(id));
        let got = asked.join().unwrap();
        assert_eq!(got.is_ok(), is_there);
        assert!(is_there || got.unwrap_err().is_deadline());
    }
    let long = "x".repeat(256);
    assert!(matches!(names.lookup(&long), Err(Error::Command(_))));
}

#[test]
fn a_watch_tells_in_order_and_stops_when_it_is_dropped() {
    let (vm, mut daemon) = vm(1);
    let names = vm.names();
    let asked = asking(&names, |names| names.watch("a").unwrap());
    let watch = Ask::Watch { prefix: "a".to_owned() };
    let id = answer(&mut daemon, &watch, &Named::Watching);
    let mut changes = asked.join().unwrap();
    let is = Named::Changed { name: "a".to_owned(), entry: Some(entry("a")) };
    let gone = Named::Changed { name: "a".to_owned(), entry: None };
    for named in [is, gone, Named::Missed] {
        daemon.send(&named.frame(id));
    }
    assert_eq!(changes.next_change(None).unwrap(), NameChange::Is(entry("a")));
    assert_eq!(changes.next_change(None).unwrap(), NameChange::Released("a".to_owned()));
    assert_eq!(changes.next_change(None).unwrap(), NameChange::Missed);
    assert!(changes.next_change(Some(Instant::now())).unwrap_err().is_deadline());
    drop(changes);
    assert_eq!(daemon.expect::<Ask>(), (id, Ask::Stop));
}
