//! Every wait ends when the daemon goes.

use crate::stand_in::{StandIn, vm, welcome};
use posse::{
    Answered, Command, CommandId, Error, Fd, HostId, Outcome, Question, SpillLimits, UpOptions, Vm,
};
use posse_wire::msg::{Down, Refused};
use posse_wire::{Kind, Message};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

/// Runs `wait` while the daemon takes frames up to the first of `kind` and then goes.
fn gone_after<T: Send>(mut daemon: StandIn, kind: Kind, wait: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let waiting = scope.spawn(wait);
        while daemon.receive().kind != kind {}
        drop(daemon);
        waiting.join().unwrap()
    })
}

fn assert_lost<T>(result: Result<T, Error>) {
    let error = result.map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(!error.is_retryable());
}

#[test]
fn events_of_a_command() {
    let (vm, daemon) = vm(1);
    assert_lost(gone_after(daemon, Kind::Spawn, || vm.run(&Command::shell("x")).unwrap().wait()));
    let error = vm.run(&Command::shell("x")).map(|_| ()).unwrap_err();
    assert!(error.is_retryable(), "nothing was sent: {error:?}");
}

#[test]
fn a_reader_and_the_exits() {
    let (vm, daemon) = vm(1);
    let error = gone_after(daemon, Kind::Spawn, || {
        let (mut readers, exits) = vm.run(&Command::shell("x")).unwrap().into_readers();
        let error = readers[0].read(&mut [0; 9]).unwrap_err();
        assert_lost(exits.wait());
        error
    });
    assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
}

#[test]
fn a_write_and_the_close_after_it() {
    let (vm, daemon) = vm(1);
    gone_after(daemon, Kind::Input, || {
        let running = vm.run(&Command::shell("x").stdin()).unwrap();
        let mut stdin = running.stdin().unwrap();
        let error = stdin.write_all(&vec![0; 9 << 20]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        stdin.close().unwrap_err();
    });
}

#[test]
fn a_broadcast() {
    let (vm, daemon) = vm(1);
    gone_after(daemon, Kind::Input, || {
        let running = vm.run(&Command::shell("x").stdin()).unwrap();
        let spill = SpillLimits { memory: 1 << 17, disk: 0 };
        let mut broadcast = running.broadcast(Fd::STDIN, spill).unwrap().unwrap();
        let error = broadcast.write_all(&vec![0; 9 << 20]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    });
}

#[test]
fn requests() {
    let (first, daemon) = vm(1);
    assert_lost(gone_after(daemon, Kind::Hosts, || first.refresh_hosts()));
    let (second, daemon) = vm(1);
    assert_lost(gone_after(daemon, Kind::Set, || second.set_setting("a", None)));
    let (third, daemon) = vm(1);
    assert_lost(gone_after(daemon, Kind::Commands, || third.commands()));
    let (fourth, daemon) = vm(1);
    assert_lost(gone_after(daemon, Kind::Remove, || fourth.remove(&[HostId(1)], false)));
    let (fifth, daemon) = vm(1);
    assert_lost(gone_after(daemon, Kind::Commands, || fifth.attach(CommandId(7), true)));
}

#[test]
fn a_query_the_events_and_an_up() {
    let minute = Duration::from_secs(60);
    let (first, daemon) = vm(1);
    let mut replies = gone_after(daemon, Kind::Query, || {
        first.query(&[HostId(1)], Question::Ping, minute).unwrap()
    });
    assert_lost(replies.next().unwrap());
    assert!(replies.next().is_none());
    let (second, daemon) = vm(1);
    let mut events = gone_after(daemon, Kind::Watch, || second.events(true).unwrap());
    assert_lost(events.next().unwrap());
    assert!(events.next().is_none());
    let (third, daemon) = vm(1);
    let mut launches =
        gone_after(daemon, Kind::Up, || third.up(UpOptions::default(), Vec::new()).unwrap());
    assert_lost(launches.next().unwrap());
    assert!(launches.next().is_none());
}

#[test]
fn a_query_ends_by_its_timeout_with_an_answer_for_everybody() {
    let (vm, _daemon) = vm(3);
    let hosts = [HostId(3), HostId(1), HostId(3)];
    let replies = vm.query(&hosts, Question::Load, Duration::from_millis(20)).unwrap();
    let replies: Vec<_> = replies.map(Result::unwrap).collect();
    assert_eq!(replies.iter().map(|one| one.host.0).collect::<Vec<_>>(), [1, 3]);
    assert!(replies.iter().all(|one| matches!(one.answer, Answered::Lost { .. })));
}

#[test]
fn down_is_done_when_the_daemon_is_gone() {
    let (vm, daemon) = vm(1);
    gone_after(daemon, Kind::Down, || vm.down(false)).unwrap();
}

#[test]
fn down_may_be_refused() {
    let (vm, mut daemon) = vm(1);
    let asked = thread::spawn(move || vm.down(true));
    let (id, down) = daemon.expect::<Down>();
    assert!(down.purge);
    let error = Some("not the owner".to_owned());
    daemon.send(&posse_wire::msg::Done { error }.frame(id));
    let error = asked.join().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "not the owner");
}

#[test]
fn hello() {
    let (front, back) = UnixStream::pair().unwrap();
    drop(back);
    let error = Vm::from_stream(front).unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    let (front, mut back) = UnixStream::pair().unwrap();
    let reason = "another build".to_owned();
    let refused = Refused { reason }.frame(CommandId::NONE);
    back.write_all(&refused.to_bytes()).unwrap();
    drop(back);
    let error = Vm::from_stream(front).unwrap_err();
    assert!(matches!(&error, Error::Refused { reason } if reason == "another build"), "{error:?}");
}

#[test]
fn the_last_word_of_the_daemon_is_passed_on() {
    let (vm, mut daemon) = vm(1);
    let running = vm.run(&Command::shell("x")).unwrap();
    let reason = "replaced by a newer one".to_owned();
    daemon.send(&Refused { reason }.frame(CommandId::NONE));
    let error = running.wait().unwrap_err();
    assert!(error.to_string().contains("replaced by a newer one"), "{error}");
}

#[test]
fn numbers_run_out_with_a_word() {
    let mut few = welcome(vec![crate::stand_in::host(1, "h1")]);
    few.command_count = 1;
    let (vm, _daemon) = crate::stand_in::vm_with(few);
    let _running = vm.run(&Command::shell("x")).unwrap();
    assert!(matches!(vm.run(&Command::shell("x")), Err(Error::NoMoreNumbers)));
}
