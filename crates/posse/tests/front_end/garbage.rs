//! A daemon that is out of its mind: an error for every wait, never a panic, never a hang.

use crate::stand_in::{lost, vm};
use posse::{Command, Error, Status, Vm};
use posse_wire::{CommandId, Frame, Kind};
use proptest::prelude::*;
use std::io::Write;
use std::os::unix::net::UnixStream;

fn frame() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(Kind::ALL);
    let id = prop_oneof![0..4u64, 99..103u64, any::<u64>()];
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        prop::collection::vec(0..4u8, 0..64),
    ];
    (kind, id, any::<u16>(), body).prop_map(|(kind, id, flags, body)| {
        Frame { kind, flags, id: CommandId(id), body: body.into() }.to_bytes()
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(frame(), 0..6).prop_map(|frames| frames.concat()),
    ]
}

/// Failures are not written beside the sources: the message holds the whole case.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_bytes_after_the_welcome(garbage in bytes()) {
        let (vm, mut daemon) = vm(2);
        let mut running = vm.run(&Command::shell("x").stdin()).unwrap();
        let mut replies =
            vm.query(&[posse::HostId(1)], posse::Question::Ping, crate::stand_in::WITHIN).unwrap();
        daemon.try_send_bytes(&garbage);
        drop(daemon);
        let ended = loop {
            match running.next_event(None) {
                Ok(Some(_)) => {}
                other => break other,
            }
        };
        if let Err(error) = ended {
            let known = matches!(error, Error::Protocol { .. } | Error::Disconnected { .. });
            prop_assert!(known, "{error:?}");
        }
        drop(replies.next());
    }

    #[test]
    fn any_bytes_instead_of_the_welcome(garbage in bytes()) {
        let (front, mut back) = UnixStream::pair().unwrap();
        back.write_all(&garbage).unwrap();
        back.shutdown(std::net::Shutdown::Write).unwrap();
        if let Err(error) = Vm::from_stream(front) {
            prop_assert!(error.is_retryable(), "{error:?}");
        }
    }
}

#[test]
fn exits_that_cannot_be_are_refused() {
    for (rank, count) in [(0, 3), (2, 1), (0, 0), (u32::MAX, 1), (1, u32::MAX)] {
        let (vm, mut daemon) = vm(2);
        let running = vm.run(&Command::shell("x")).unwrap();
        let (id, ..) = daemon.spawn();
        daemon.exit(id, rank, count, lost());
        let error = running.wait().unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{rank} {count}: {error}");
    }
}

#[test]
fn a_process_dies_once_and_then_is_silent() {
    let (vm, mut daemon) = vm(2);
    let running = vm.run(&Command::shell("x")).unwrap();
    let (id, ..) = daemon.spawn();
    daemon.exit(id, 0, 1, Status::Exited(0));
    daemon.output(id, 0, posse::Fd::STDOUT, 0, b"ghost");
    assert!(matches!(running.wait().unwrap_err(), Error::Protocol { .. }));
}

#[test]
fn an_oversize_frame_is_refused_by_its_header() {
    let (vm, mut daemon) = vm(1);
    let running = vm.run(&Command::shell("x")).unwrap();
    let mut header =
        Frame { kind: Kind::Output, flags: 0, id: running.id(), body: bytes::Bytes::new() }
            .header();
    header[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    daemon.send_bytes(&header);
    let error = running.wait().unwrap_err();
    assert!(error.to_string().contains("over the limit"), "{error}");
}
