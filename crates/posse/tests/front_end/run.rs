//! A command's layout, events, exits and control.

use crate::stand_in::{lost, vm};
use bytes::Bytes;
use posse::{Command, Error, Fd, HostId, Rank, RunEvent, Status, WindowSize};
use posse_wire::msg::{End, Pipe, Program, Resize, Signal};
use posse_wire::{Kind, limits};
use std::io::Read;
use std::time::{Duration, Instant};

#[test]
fn ranks_are_laid_out_over_the_hosts_in_order() {
    let (vm, mut daemon) = vm(12);
    let command = Command::argv(["echo", "x"]).hosts("h[9-11]").per_host(2).stdin();
    let running = vm.run(&command).unwrap();
    let (id, spawn, spec) = daemon.spawn();
    assert_eq!((id, id.0), (running.id(), 100));
    let targets: Vec<_> =
        spawn.targets.iter().map(|one| (one.host.0, one.first.0, one.count)).collect();
    assert_eq!((spawn.size, targets), (6, vec![(9, 0, 2), (10, 2, 2), (11, 4, 2)]));
    let last = &running.ranks()[5];
    assert_eq!((last.rank, last.host, &*last.name, last.index), (Rank(5), HostId(11), "h11", 1));
    assert_eq!(spec.program, Program::Argv(vec!["echo".to_owned(), "x".to_owned()]));
    assert_eq!((spec.vm.as_str(), spec.title.as_str(), spec.detached), ("test", "echo x", false));
    assert!(spec.pipes.contains(&Pipe { fd: 0, input: true }));
    assert_eq!(spec.window, limits::WINDOW_BYTES_MAX);
}

#[test]
fn events_come_in_order_and_exits_are_summed_up() {
    let (vm, mut daemon) = vm(4);
    let mut running = vm.run(&Command::shell("x")).unwrap();
    let (id, ..) = daemon.spawn();
    daemon.output(id, 2, Fd::STDOUT, 0, b"one\n");
    daemon.output(id, 0, Fd::STDERR, 0, b"two\n");
    daemon.end_output(id, 2, Fd::STDOUT, 4);
    daemon.exit(id, 2, 2, Status::Exited(3));
    daemon.exit(id, 0, 1, Status::Exited(0));
    daemon.exit(id, 1, 1, lost());
    let mut events = Vec::new();
    while let Some(event) = running.next_event(None).unwrap() {
        events.push(match event {
            RunEvent::Output { rank, fd, bytes, end } => {
                (rank.0, fd.0, String::from_utf8(bytes.to_vec()).unwrap(), end)
            }
            RunEvent::Exit { rank, status, elapsed } => {
                assert_eq!(elapsed, Duration::from_micros(1500));
                (rank.0, 99, status.code().to_string(), true)
            }
            RunEvent::CutOff { .. } => panic!("nobody is cut off"),
        });
    }
    let event = |rank, fd, text: &str, end| (rank, fd, text.to_owned(), end);
    let wanted = [
        event(2, 1, "one\n", false),
        event(0, 2, "two\n", false),
        event(2, 1, "", true),
        event(2, 99, "3", true),
        event(3, 99, "3", true),
        event(0, 99, "0", true),
        event(1, 99, "255", true),
    ];
    assert_eq!(events, wanted);
    let statuses = running.wait().unwrap();
    assert_eq!((statuses.code(), statuses.success()), (255, false));
    assert_eq!(statuses.iter().map(|one| one.rank.0).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[test]
fn a_deadline_is_no_end() {
    let (vm, mut daemon) = vm(1);
    let mut running = vm.run(&Command::shell("x")).unwrap();
    let (id, ..) = daemon.spawn();
    let soon = Instant::now() + Duration::from_millis(20);
    let error = running.next_event(Some(soon)).unwrap_err();
    assert!(error.is_deadline() && Instant::now() >= soon);
    daemon.exit(id, 0, 1, Status::Exited(0));
    assert!(running.wait().unwrap().success());
}

#[test]
fn the_time_of_a_whole_command_ends_what_is_left_of_it() {
    let (vm, mut daemon) = vm(5);
    let limit = Duration::from_millis(50);
    let running = vm.run(&Command::shell("x").timeout_all(limit)).unwrap();
    let (id, _, spec) = daemon.spawn();
    assert_eq!(spec.timeout_ms, None, "that is each process's");
    daemon.exit(id, 0, 1, Status::Exited(3));
    assert_eq!(daemon.expect::<End>(), (id, End { rank: None, signal: 15 }));
    daemon.exit(id, 1, 1, Status::Signaled(15));
    daemon.exit(id, 2, 1, Status::Exited(0));
    let unborn = Status::NotStarted { why: "ended before it was started".to_owned() };
    daemon.exit(id, 3, 1, unborn.clone());
    daemon.exit(id, 4, 1, lost());
    let statuses = running.wait().unwrap();
    let statuses: Vec<_> = statuses.iter().map(|one| one.status.clone()).collect();
    let late = Status::TimedOut;
    assert_eq!(statuses, [Status::Exited(3), late.clone(), late, unborn, lost()]);
    let running = vm.run(&Command::shell("x").timeout_all(Duration::MAX)).unwrap();
    let (id, ..) = daemon.spawn();
    daemon.exit(id, 0, 5, Status::Exited(0));
    assert!(running.wait().unwrap().success());
    let detached = vm.run_detached(&Command::shell("x").timeout_all(limit));
    assert!(matches!(detached, Err(Error::Command(_))));
}

#[test]
fn processes_are_signalled_ended_and_resized_from_any_thread() {
    let (vm, mut daemon) = vm(2);
    let running = vm.run(&Command::login_shell()).unwrap();
    let (id, ..) = daemon.spawn();
    let controller = running.controller();
    std::thread::spawn(move || {
        controller.signal(Some(Rank(1)), 2).unwrap();
        controller.end(None).unwrap();
        controller.resize(WindowSize { rows: 3, columns: 4 }).unwrap();
        assert!(matches!(controller.signal(Some(Rank(2)), 2), Err(Error::NoSuchRank(_))));
    });
    assert_eq!(daemon.expect::<Signal>(), (id, Signal { rank: Some(Rank(1)), signal: 2 }));
    assert_eq!(daemon.expect::<End>(), (id, End { rank: None, signal: 15 }));
    assert_eq!(daemon.expect::<Resize>().1.size, WindowSize { rows: 3, columns: 4 });
}

#[test]
fn dropping_ends_it_and_the_last_holder_closes_the_connection() {
    let (vm, mut daemon) = vm(1);
    let running = vm.run(&Command::shell("x")).unwrap();
    let (id, ..) = daemon.spawn();
    drop(running);
    assert_eq!(daemon.expect::<End>(), (id, End { rank: None, signal: 15 }));
    daemon.output(id, 0, Fd::STDOUT, 0, b"late");
    daemon.exit(id, 0, 1, Status::Signaled(15));
    let running = vm.run(&Command::shell("y")).expect("late frames are dropped");
    drop(vm);
    let (id, ..) = daemon.spawn();
    daemon.exit(id, 0, 1, Status::Exited(0));
    running.wait().unwrap();
    assert!(daemon.try_receive().is_none(), "closed, and nothing was ended");
}

#[test]
fn each_output_can_be_a_reader() {
    let (vm, mut daemon) = vm(2);
    let running = vm.run(&Command::shell("x")).unwrap();
    let (id, ..) = daemon.spawn();
    daemon.output(id, 1, Fd::STDERR, 0, b"before");
    let (mut readers, exits) = running.into_readers();
    let at = readers.iter().map(|one| (one.rank().0, one.fd().0)).collect::<Vec<_>>();
    assert_eq!(at, [(0, 1), (0, 2), (1, 1), (1, 2)]);
    daemon.output(id, 0, Fd::STDOUT, 0, b"zero");
    daemon.end_output(id, 0, Fd::STDOUT, 4);
    let mut text = String::new();
    readers[0].read_to_string(&mut text).unwrap();
    assert_eq!(text, "zero");
    drop(readers.remove(2));
    let ack = daemon.ack();
    assert_eq!((ack.rank, ack.fd, ack.offset, ack.closed), (Rank(1), Fd::STDOUT, 0, true));
    daemon.exit(id, 0, 2, lost());
    let mut text = String::new();
    readers[2].read_to_string(&mut text).unwrap();
    assert_eq!(text, "before", "an exit ends what was not ended");
    assert_eq!(exits.wait().unwrap().code(), 255);
}

#[test]
fn outputs_can_be_closed() {
    let (vm, mut daemon) = vm(2);
    let mut running = vm.run(&Command::shell("yes")).unwrap();
    let (id, ..) = daemon.spawn();
    daemon.output(id, 0, Fd::STDOUT, 0, b"yyyy");
    let first = running.next_event(None).unwrap().unwrap();
    let (rank, fd, end) = (Rank(0), Fd::STDOUT, false);
    assert_eq!(first, RunEvent::Output { rank, fd, bytes: Bytes::from_static(b"yyyy"), end });
    running.close_all_outputs(Fd::STDOUT);
    running.close_output(Rank(0), Fd::STDOUT).unwrap();
    let acks = [daemon.ack(), daemon.ack()].map(|ack| (ack.rank.0, ack.offset, ack.closed));
    assert_eq!(acks, [(0, 4, true), (1, 0, true)], "once each");
    daemon.output(id, 0, Fd::STDOUT, 4, b"late");
    daemon.exit(id, 0, 2, Status::Signaled(13));
    let next = running.next_event(None).unwrap().unwrap();
    assert!(matches!(next, RunEvent::Exit { .. }), "{next:?}");
    assert!(matches!(running.close_output(Rank(7), Fd::STDOUT), Err(Error::NoSuchRank(_))));
}

#[test]
fn a_command_that_is_too_large_is_refused_before_it_is_sent() {
    let (vm, mut daemon) = vm(1);
    let long = "x".repeat(limits::CONTROL_FRAME_BYTES_MAX);
    let error = vm.run(&Command::shell(long)).map(|_| ()).unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("limit"), "{error}");
    drop(vm.run(&Command::shell("true")).unwrap());
    assert_eq!(daemon.receive().kind, Kind::Spawn);
}
