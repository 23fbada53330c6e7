//! Credit: a source sends no more than a window ahead of its consumer, who must not hold more.

use crate::stand_in::{StandIn, vm};
use posse::{Command, CommandId, Error, Fd, Rank, RunEvent, Status};
use std::io::Read;

const TOTAL: u64 = 3 << 20;
const CHUNK: u64 = 50_000;

fn byte(offset: u64) -> u8 {
    (offset % 253) as u8
}

/// Writes `TOTAL` bytes as a host would: up to a window beyond the last acknowledgement.
fn write_all(daemon: &mut StandIn, id: CommandId, window: u64) {
    let (mut offset, mut acked) = (0, 0);
    while offset < TOTAL {
        let count = CHUNK.min(TOTAL - offset).min(acked + window - offset);
        if count == 0 {
            let ack = daemon.ack();
            assert_eq!((ack.rank, ack.fd, ack.closed), (Rank(0), Fd::STDOUT, false));
            assert!(ack.offset >= acked + window / 2 && ack.offset <= offset);
            acked = ack.offset;
            continue;
        }
        let bytes: Vec<u8> = (offset..offset + count).map(byte).collect();
        daemon.output(id, 0, Fd::STDOUT, offset, &bytes);
        offset += count;
    }
    daemon.end_output(id, 0, Fd::STDOUT, TOTAL);
    daemon.exit(id, 0, 1, Status::Exited(0));
}

#[test]
fn much_output_flows_through_a_window() {
    let (vm, mut daemon) = vm(1);
    let mut running = vm.run(&Command::shell("x")).unwrap();
    let (id, _, spec) = daemon.spawn();
    let window = u64::from(spec.window);
    let writer = std::thread::spawn(move || write_all(&mut daemon, id, window));
    let mut got = 0;
    while let Some(event) = running.next_event(None).unwrap() {
        if let RunEvent::Output { bytes, .. } = event {
            assert!(bytes.iter().zip(got..).all(|(have, at)| *have == byte(at)));
            got += bytes.len() as u64;
        }
    }
    assert_eq!(got, TOTAL);
    writer.join().unwrap();
}

#[test]
fn readers_return_credit_as_well() {
    let (vm, mut daemon) = vm(1);
    let running = vm.run(&Command::shell("x")).unwrap();
    let (id, _, spec) = daemon.spawn();
    let window = u64::from(spec.window);
    let (mut readers, exits) = running.into_readers();
    let writer = std::thread::spawn(move || write_all(&mut daemon, id, window));
    let mut all = Vec::new();
    readers[0].read_to_end(&mut all).unwrap();
    assert_eq!(all.len() as u64, TOTAL);
    assert!(all.iter().zip(0..).all(|(have, at)| *have == byte(at)));
    drop(readers);
    assert!(exits.wait().unwrap().success());
    drop(vm);
    writer.join().unwrap();
}

#[test]
fn a_source_that_goes_beyond_its_window_is_refused() {
    let (vm, mut daemon) = vm(1);
    let mut running = vm.run(&Command::shell("x")).unwrap();
    let (id, _, spec) = daemon.spawn();
    let window = u64::from(spec.window);
    let chunk = vec![0; 65_536];
    for offset in (0..=window).step_by(chunk.len()) {
        daemon.output(id, 0, Fd::STDOUT, offset, &chunk);
    }
    // Nothing is taken, and so nothing acknowledged, before the reader thread has seen it all.
    vm.refresh_hosts().unwrap_err();
    let mut taken = 0;
    let error = loop {
        match running.next_event(None) {
            Ok(Some(RunEvent::Output { bytes, .. })) => taken += bytes.len() as u64,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
        assert!(taken <= window, "what was within the window is still given out");
    };
    assert!(matches!(error, Error::Protocol { .. }), "{error}");
}

#[test]
fn single_bytes_are_joined() {
    let (vm, mut daemon) = vm(1);
    let mut running = vm.run(&Command::shell("x")).unwrap();
    let (id, ..) = daemon.spawn();
    for offset in 0..30_000 {
        daemon.output(id, 0, Fd::STDERR, offset, &[byte(offset)]);
    }
    daemon.exit(id, 0, 1, Status::Exited(0));
    // The answer to this comes after all of the output.
    let asked = std::thread::scope(|scope| {
        let asked = scope.spawn(|| vm.refresh_hosts());
        let (id, hosts) = daemon.expect::<posse_wire::msg::Hosts>();
        daemon.send(&posse_wire::Message::frame(&hosts, id));
        asked.join().unwrap()
    });
    asked.unwrap();
    let (mut events, mut all) = (0, Vec::new());
    while let Some(event) = running.next_event(None).unwrap() {
        if let RunEvent::Output { bytes, .. } = event {
            events += 1;
            all.extend_from_slice(&bytes);
        }
    }
    assert_eq!(all, (0..30_000).map(byte).collect::<Vec<_>>());
    assert!(events < 5_000, "{events} events are waiting in memory");
}

#[test]
fn what_came_twice_counts_once_and_a_gap_is_refused() {
    let (vm, mut daemon) = vm(1);
    let mut running = vm.run(&Command::shell("x")).unwrap();
    let (id, ..) = daemon.spawn();
    daemon.output(id, 0, Fd::STDOUT, 0, b"abc");
    daemon.output(id, 0, Fd::STDOUT, 0, b"ab");
    daemon.output(id, 0, Fd::STDOUT, 1, b"bcd");
    daemon.output(id, 0, Fd::STDOUT, 5, b"f");
    let mut all = Vec::new();
    let error = loop {
        match running.next_event(None) {
            Ok(Some(RunEvent::Output { bytes, .. })) => all.extend_from_slice(&bytes),
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(all, b"abcd");
    assert!(error.to_string().contains("after a gap"), "{error}");
}
