//! Requests and their answers: hosts, settings, up with its questions, events.

use crate::stand_in::{host, vm};
use posse::{
    Cause, Error, Happening, HostId, HostRequest, Launch, LaunchEvent, Launcher, Stage, UpOptions,
};
use posse_wire::msg::{Answer, Ask, Done, Event, Hosts, Remove, Set, Up, Watch};
use posse_wire::{CommandId, Message};
use std::thread;

#[test]
fn hosts_and_settings() {
    let (vm, mut daemon) = vm(1);
    assert_eq!((vm.name(), vm.daemon(), vm.hosts().len()), ("test", HostId(0), 1));
    assert_eq!(vm.settings()["directory"], b"/tmp");
    let other = vm.clone();
    let asked = thread::spawn(move || {
        other.refresh_hosts().unwrap();
        other.set_setting("umask", Some(b"022".to_vec())).unwrap();
        other.set_setting("directory", None).unwrap();
        other.remove(&[HostId(7)], true)
    });
    let (id, _) = daemon.expect::<Hosts>();
    daemon.send(&Hosts { hosts: vec![host(1, "a"), host(2, "b")], more: false }.frame(id));
    for (name, value) in [("umask", Some(b"022".to_vec())), ("directory", None)] {
        let (id, set) = daemon.expect::<Set>();
        assert_eq!(set, Set { name: name.to_owned(), value });
        daemon.send(&Done { error: None }.frame(id));
    }
    let (id, remove) = daemon.expect::<Remove>();
    assert_eq!(remove, Remove { hosts: vec![HostId(7)], purge: true });
    daemon.send(&Done { error: Some("no host 7".to_owned()) }.frame(id));
    let error = asked.join().unwrap().unwrap_err();
    assert!(matches!(&error, Error::NotDone { reason } if reason == "no host 7"));
    assert_eq!(vm.hosts().len(), 2, "clones share what is known");
    assert_eq!(vm.settings().into_keys().collect::<Vec<_>>(), ["umask"]);
}

fn request(name: &str) -> HostRequest {
    let (name, launcher) = (name.to_owned(), Launcher::Ssh);
    HostRequest { name, user: None, port: None, slots: None, launcher }
}

#[test]
fn an_up_asks_and_tells() {
    let (vm, mut daemon) = vm(0);
    let mut launches = vm.up(UpOptions::default(), vec![request("a"), request("b")]).unwrap();
    let (id, up) = daemon.expect::<Up>();
    assert_eq!((up.hosts.len(), up.timeout_ms, up.window), (2, 120_000, 32));
    let ask = |question| Ask {
        question,
        host: "a".to_owned(),
        prompt: "Password:".to_owned(),
        secret: true,
    };
    daemon.send(&ask(4).frame(id));
    daemon.send(&ask(5).frame(id));
    let Some(Ok(LaunchEvent::Ask(asked))) = launches.next() else { panic!("a question") };
    assert_eq!(
        (asked.host.as_str(), asked.prompt.as_str(), asked.secret),
        ("a", "Password:", true)
    );
    asked.answer(Some("sesame".to_owned())).unwrap();
    let answer = Answer { question: 4, text: Some("sesame".to_owned()) };
    assert!(daemon.expect::<Answer>() == (id, answer));
    drop(launches.next());
    assert!(daemon.expect::<Answer>() == (id, Answer { question: 5, text: None }), "unanswered");
    let failed = Stage::Failed {
        cause: Cause::Timeout,
        why: "no answer".to_owned(),
        hint: "ping b".to_owned(),
    };
    // Far more progress than anybody looks at: what counts is kept.
    for sent in 0..5_000 {
        let stage = Stage::Sending { sent, total: 5_000 };
        let launch = Launch { name: "a".to_owned(), number: HostId(1), stage };
        daemon.send(&launch.frame(id));
    }
    for (name, stage) in [("a", Stage::Up { already: false }), ("b", failed.clone())] {
        let (name, number) = (name.to_owned(), HostId(1));
        daemon.send(&Launch { name, number, stage }.frame(id));
    }
    daemon.send(&Done { error: None }.frame(id));
    let told: Vec<_> = launches.by_ref().map(Result::unwrap).collect();
    let last: Vec<_> = told[told.len() - 3..].iter().collect();
    let stage = |event: &LaunchEvent| match event {
        LaunchEvent::Launch(launch) => Some(launch.stage.clone()),
        _ => None,
    };
    assert_eq!(stage(last[0]), Some(Stage::Up { already: false }));
    assert_eq!(stage(last[1]), Some(failed));
    assert!(matches!(last[2], LaunchEvent::Done));
}

#[test]
fn events_that_nobody_takes_are_counted() {
    let (vm, mut daemon) = vm(0);
    let mut events = vm.events(true).unwrap();
    let (id, watch) = daemon.expect::<Watch>();
    assert!(watch.recent);
    let event = |at_ms| Event {
        at_ms,
        host: HostId(1),
        name: "a".to_owned(),
        what: Happening::HostTrusted,
    };
    let total = 131_072 + 10;
    for at_ms in 0..total {
        daemon.send(&event(at_ms).frame(id));
    }
    // Its answer comes after all events.
    let asked = thread::spawn(move || vm.refresh_hosts());
    let (hosts, _) = daemon.expect::<Hosts>();
    daemon.send(&Hosts::default().frame(hosts));
    asked.join().unwrap().unwrap();
    assert_eq!(events.next().unwrap().unwrap().at_ms, 10);
    assert_eq!((events.missed(), events.missed()), (10, 0));
}

#[test]
fn an_answer_to_nothing_is_refused() {
    let (vm, mut daemon) = vm(1);
    daemon.send(&Done { error: None }.frame(CommandId(555)));
    assert!(daemon.try_receive().is_none());
    // Whoever asks before the reader has said why hears that the connection is gone.
    let error = vm.refresh_hosts().unwrap_err();
    assert!(matches!(error, Error::Protocol { .. } | Error::Disconnected { .. }), "{error}");
}
