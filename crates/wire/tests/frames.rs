//! Frames of every kind: there and back, cut at every byte, longer than allowed, and any bytes
//! at all. Nothing panics, and nothing is allocated that a peer only claims.

#![allow(clippy::unwrap_used)]

mod samples;

use bytes::BytesMut;
use posse_wire::msg::{Exit, Spawn, Spec, Status, Target};
use posse_wire::{
    Frame, HEADER_BYTES, HostId, Kind, Message, Rank, StreamChunk, WireError, decode_frame, limits,
};
use proptest::prelude::*;
use samples::{ID, again, sample};

#[test]
fn every_kind_goes_there_and_back() {
    for kind in Kind::ALL {
        let frame = sample(*kind);
        assert_eq!(frame.kind, *kind);
        let mut bytes = BytesMut::from(&frame.to_bytes()[..]);
        let back = decode_frame(&mut bytes, usize::MAX).unwrap().unwrap();
        assert_eq!(back, frame, "{}", kind.name());
        assert!(bytes.is_empty());
        assert_eq!(again(&back).unwrap(), frame, "{}", kind.name());
    }
}

#[test]
fn a_frame_that_is_cut_is_waited_for() {
    for kind in Kind::ALL {
        let whole = sample(*kind).to_bytes();
        for length in 0..whole.len() {
            let mut bytes = BytesMut::from(&whole[..length]);
            assert_eq!(decode_frame(&mut bytes, usize::MAX), Ok(None), "{}", kind.name());
        }
    }
}

#[test]
fn a_body_that_is_cut_or_has_more_is_refused() {
    for kind in Kind::ALL {
        let frame = sample(*kind);
        let stream = matches!(kind, Kind::Output | Kind::Input | Kind::Burst | Kind::Message);
        let prefix = match kind {
            Kind::Burst => 0,
            Kind::Message => 8,
            _ => 16,
        };
        for length in 0..frame.body.len() {
            let cut = Frame { body: frame.body.slice(..length), ..frame.clone() };
            let kept = stream && length >= prefix;
            assert_eq!(again(&cut).is_ok(), kept, "{} cut to {length}", kind.name());
        }
        let more = [&frame.body[..], &[0]].concat().into();
        assert_eq!(again(&Frame { body: more, ..frame }).is_ok(), stream, "{}", kind.name());
    }
}

#[test]
fn a_length_over_the_limit_is_refused_before_anything_is_allocated() {
    for kind in Kind::ALL {
        let mut header = sample(*kind).header();
        let over = kind.body_max() as u32 + 1;
        for claimed in [over, u32::MAX] {
            header[..4].copy_from_slice(&claimed.to_le_bytes());
            let mut bytes = BytesMut::from(&header[..]);
            let error = decode_frame(&mut bytes, usize::MAX).unwrap_err();
            assert!(matches!(error, WireError::TooLong { .. }), "{}: {error}", kind.name());
            assert!(bytes.capacity() < 1024);
        }
    }
}

#[test]
fn a_stranger_is_allowed_less() {
    let most = limits::UNAUTHENTICATED_FRAME_BYTES_MAX;
    let mut header = sample(Kind::Spawn).header();
    header[..4].copy_from_slice(&(most as u32 + 1).to_le_bytes());
    let mut bytes = BytesMut::from(&header[..]);
    let error = decode_frame(&mut bytes, most).unwrap_err();
    assert_eq!(error, WireError::TooLong { got: most as u64 + 1, max: most as u64 });
}

#[test]
fn a_frame_of_another_kind_is_not_taken() {
    let error = Exit::decode(&sample(Kind::Spawn)).unwrap_err();
    assert_eq!(error, WireError::WrongKind { wanted: "Exit", got: "Spawn" });
}

fn spawn(size: u32, targets: &[(u32, u32, u32)]) -> Result<Spawn, WireError> {
    let target = |&(host, first, count): &(u32, u32, u32)| Target {
        host: HostId(host),
        first: Rank(first),
        count,
    };
    let targets = targets.iter().map(target).collect();
    Spawn::decode(&Spawn { size, targets, ..Spawn::default() }.frame(ID))
}

#[test]
fn ranks_of_a_spawn_lie_within_it_and_belong_to_one_host_each() {
    assert!(spawn(4, &[(1, 0, 2), (2, 2, 2)]).is_ok());
    assert!(spawn(4, &[(2, 2, 2), (1, 0, 2)]).is_ok());
    assert!(spawn(0, &[]).is_ok());
    assert!(spawn(4, &[(1, 0, 3), (2, 2, 2)]).is_err(), "overlap");
    assert!(spawn(4, &[(1, 0, 5)]).is_err(), "beyond the size");
    assert!(spawn(4, &[(1, u32::MAX, 2)]).is_err(), "beyond all numbers");
    assert!(spawn(4, &[(1, 0, 0)]).is_err(), "nothing on a host");
    let most = limits::PER_HOST_MAX;
    assert!(spawn(2 * most, &[(1, 0, most)]).is_ok());
    assert!(spawn(2 * most, &[(1, 0, most), (1, most, 1)]).is_err(), "too many on one host");
}

#[test]
fn an_exit_covers_at_least_one_rank_and_none_beyond_all_numbers() {
    let exit = |rank, count| {
        let status = Status::Exited(0);
        Exit::decode(&Exit { rank: Rank(rank), count, status, elapsed_us: 0 }.frame(ID))
    };
    assert!(exit(0, 1).is_ok());
    assert!(exit(0, 0).is_err());
    assert!(exit(u32::MAX, 2).is_err());
}

#[test]
fn a_spec_keeps_to_the_windows_and_has_nothing_behind_it() {
    let mut spec = samples::spec();
    (spec.window, spec.input_window) = (1, u32::MAX);
    let back = Spec::decode(&spec.encode()).unwrap();
    assert_eq!(back.window, limits::WINDOW_BYTES_MIN);
    assert_eq!(back.input_window, limits::STDIN_WINDOW_BYTES);
    let mut more = spec.encode();
    more.push(0);
    assert!(Spec::decode(&more).is_err());
    spec.pipes = vec![spec.pipes[0]; limits::PIPES_MAX + 1];
    assert!(matches!(Spec::decode(&spec.encode()), Err(WireError::TooMany { .. })));
}

#[test]
fn a_stream_that_ends_at_the_last_number_does_not_wrap() {
    let body = [&[0; 8][..], &u64::MAX.to_le_bytes(), b"more"].concat().into();
    let frame = Frame { kind: Kind::Output, flags: 0, id: ID, body };
    assert_eq!(StreamChunk::decode(&frame).unwrap().upto(), u64::MAX);
}

#[test]
fn an_answer_is_not_printed() {
    let answer = posse_wire::msg::Answer { question: 1, text: Some("hunter2".into()) };
    assert!(!format!("{answer:?}").contains("hunter2"));
}

fn any_kind() -> impl Strategy<Value = Kind> {
    (0..Kind::ALL.len()).prop_map(|at| Kind::ALL[at])
}

/// Takes frames off until there are none; decodes each.
fn swallow(bytes: &[u8]) {
    let mut input = BytesMut::from(bytes);
    while let Ok(Some(frame)) = decode_frame(&mut input, limits::CONTROL_FRAME_BYTES_MAX) {
        if let Ok(same) = again(&frame) {
            assert_eq!(same.kind, frame.kind);
        }
    }
    assert!(input.capacity() <= bytes.len() + limits::CONTROL_FRAME_BYTES_MAX + HEADER_BYTES + 64);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        swallow(&bytes);
    }

    #[test]
    fn any_body_is_survived(
        kind in any_kind(),
        flags in any::<u16>(),
        body in proptest::collection::vec(any::<u8>(), 0..256),
    ) {
        let frame = Frame { kind, flags, id: ID, body: body.into() };
        swallow(&frame.to_bytes());
    }

    #[test]
    fn flipped_bits_are_survived(
        kind in any_kind(),
        flips in proptest::collection::vec(any::<(u16, u8)>(), 1..6),
    ) {
        let mut bytes = sample(kind).to_bytes();
        for (at, bit) in flips {
            let at = at as usize % bytes.len();
            bytes[at] ^= 1 << (bit % 8);
        }
        swallow(&bytes);
    }

    #[test]
    fn a_body_cut_anywhere_is_survived(kind in any_kind(), keep in any::<u16>()) {
        let frame = sample(kind);
        let keep = keep as usize % (frame.body.len() + 1);
        let cut = Frame { body: frame.body.slice(..keep), ..frame };
        swallow(&cut.to_bytes());
    }

    #[test]
    fn what_decodes_encodes_to_something_that_decodes_alike(
        kind in any_kind(),
        body in proptest::collection::vec(any::<u8>(), 0..96),
    ) {
        let frame = Frame { kind, flags: 0, id: ID, body: body.into() };
        if let Ok(once) = again(&frame) {
            prop_assert_eq!(again(&once).unwrap(), once);
        }
    }
}
