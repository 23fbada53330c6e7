//! Input that is duplicated to all: waiting for the slowest, and leaving the slow behind.

use crate::stand_in::{StandIn, vm};
use posse::{Command, CommandId, Fd, Rank, RunEvent, SpillLimits, Status};
use posse_wire::limits;
use posse_wire::msg::End;
use std::io::{self, Write};
use std::sync::mpsc;
use std::time::Duration;

const WINDOW: u64 = limits::STDIN_WINDOW_BYTES as u64;

#[test]
fn a_write_waits_for_the_slowest() {
    let (vm, mut daemon) = vm(2);
    let running = vm.run(&Command::shell("cat").stdin()).unwrap();
    let (id, _, spec) = daemon.spawn();
    assert_eq!(u64::from(spec.input_window), WINDOW);
    let mut stdin = running.stdin().unwrap();
    assert!(running.stdin().is_none(), "taken");
    let (done, waited) = mpsc::channel();
    let writer = std::thread::spawn(move || {
        stdin.write_all(&vec![7; WINDOW as usize + 1]).unwrap();
        done.send(()).unwrap();
        stdin.close().unwrap();
    });
    let mut got = 0;
    while got < WINDOW {
        let chunk = daemon.input();
        assert_eq!((chunk.rank, chunk.offset, chunk.end), (Rank::ALL, got, false));
        got = chunk.upto();
    }
    daemon.input_ack(id, 0, WINDOW, false);
    let soon = Duration::from_millis(30);
    assert!(waited.recv_timeout(soon).is_err(), "rank 1 has no room");
    daemon.input_ack(id, 1, WINDOW / 4, false);
    waited.recv().unwrap();
    assert_eq!(daemon.input().upto(), WINDOW + 1);
    let last = daemon.input();
    assert_eq!((last.offset, last.bytes.len(), last.end), (WINDOW + 1, 0, true));
    writer.join().unwrap();
}

#[test]
fn who_has_closed_its_input_does_not_count() {
    let (vm, mut daemon) = vm(3);
    let running = vm.run(&Command::shell("head -1").stdin()).unwrap();
    let (id, ..) = daemon.spawn();
    let mut stdin = running.stdin().unwrap();
    let writer = std::thread::spawn(move || io::copy(&mut io::repeat(1), &mut stdin));
    let mut got = 0;
    while got < WINDOW {
        got = daemon.input().upto();
    }
    daemon.input_ack(id, 0, 0, true);
    daemon.exit(id, 1, 1, Status::Exited(0));
    daemon.input_ack(id, 2, WINDOW, false);
    while got < 2 * WINDOW {
        got = daemon.input().upto();
    }
    daemon.exit(id, 2, 1, Status::Exited(0));
    let error = writer.join().unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn without_stdin_there_is_none() {
    let (vm, _daemon) = vm(1);
    let running = vm.run(&Command::shell("x")).unwrap();
    assert!(running.stdin().is_none());
    assert!(running.broadcast(Fd::STDIN, SpillLimits::default()).unwrap().is_none());
}

/// Rank 0 reads everything at once, rank 1 nothing; returns what rank 1 has.
fn serve(daemon: &mut StandIn, id: CommandId, total: u64) -> u64 {
    let (mut fast, mut slow) = (0, 0);
    while fast < total {
        let chunk = daemon.input();
        assert_eq!((chunk.rank, chunk.offset), (Rank::ALL, fast));
        assert!(chunk.bytes.iter().zip(fast..).all(|(have, at)| *have == (at % 251) as u8));
        fast = chunk.upto();
        if chunk.offset == slow {
            slow = fast.min(WINDOW);
        }
        daemon.input_ack(id, 0, fast, false);
    }
    slow
}

fn bytes(total: u64) -> Vec<u8> {
    (0..total).map(|at| (at % 251) as u8).collect()
}

#[test]
fn a_broadcast_leaves_the_slow_behind_and_serves_them_later() {
    let (vm, mut daemon) = vm(2);
    let running = vm.run(&Command::shell("x").stdin()).unwrap();
    let (id, ..) = daemon.spawn();
    let total = 5 * WINDOW;
    let spill = SpillLimits { memory: 1 << 20, disk: 1 << 24 };
    let mut broadcast = running.broadcast(Fd::STDIN, spill).unwrap().unwrap();
    assert!(running.stdin().is_none(), "taken");
    let server = std::thread::spawn(move || {
        let slow = serve(&mut daemon, id, total);
        (daemon, slow)
    });
    // Nobody waits: the pushing thread is done before rank 1 has read a byte.
    broadcast.write_all(&bytes(total)).unwrap();
    broadcast.finish();
    let (mut daemon, mut slow) = server.join().unwrap();
    assert_eq!(slow, WINDOW);
    let mut ended = false;
    daemon.input_ack(id, 1, slow, false);
    while !ended {
        let chunk = daemon.input();
        if chunk.rank == Rank::ALL {
            assert_eq!((chunk.offset, chunk.end), (total, true), "rank 0 has its end");
            continue;
        }
        assert_eq!((chunk.rank, chunk.offset), (Rank(1), slow));
        assert!(chunk.bytes.iter().zip(slow..).all(|(have, at)| *have == (at % 251) as u8));
        slow = chunk.upto();
        ended = chunk.end;
        daemon.input_ack(id, 1, slow, false);
    }
    assert_eq!(slow, total, "from the disk and from memory");
}

#[test]
fn who_is_behind_when_all_is_full_is_cut_off() {
    let (vm, mut daemon) = vm(2);
    let mut running = vm.run(&Command::shell("x").stdin()).unwrap();
    let (id, ..) = daemon.spawn();
    let spill = SpillLimits { memory: 1 << 17, disk: 1 << 20 };
    let mut broadcast = running.broadcast(Fd::STDIN, spill).unwrap().unwrap();
    let total = 4 * WINDOW;
    let server = std::thread::spawn(move || {
        let (mut fast, mut cut) = (0, None);
        while fast < total {
            let frame = daemon.receive();
            match frame.kind {
                posse_wire::Kind::End => cut = posse_wire::Message::decode(&frame).ok(),
                _ => {
                    fast = posse_wire::StreamChunk::decode(&frame).unwrap().upto();
                    daemon.input_ack(id, 0, fast, false);
                }
            }
        }
        daemon.exit(id, 1, 1, Status::Signaled(15));
        (daemon, cut)
    });
    broadcast.write_all(&bytes(total)).unwrap();
    let (mut daemon, cut) = server.join().unwrap();
    assert_eq!(cut, Some(End { rank: Some(Rank(1)), signal: 15 }));
    assert_eq!(running.next_event(None).unwrap(), Some(RunEvent::CutOff { rank: Rank(1) }));
    let exit = running.next_event(None).unwrap().unwrap();
    assert!(matches!(exit, RunEvent::Exit { rank: Rank(1), .. }));
    broadcast.write_all(b"more").unwrap();
    assert_eq!(daemon.input().offset, total, "the other one goes on");
}
