//! Any bytes from a peer have an answer: packets come back as they were encoded, garbage and
//! packets with single bytes changed are refused or taken, and nothing panics.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use posse_message::{
    Attributes, Body, Engine, Envelope, Head, Message, Mode, Options, Packet, Scope, Want, limits,
};
use posse_wire::ProcessId;
use proptest::prelude::*;

const A: ProcessId = ProcessId(1);
const B: ProcessId = ProcessId(2);
const HERE: Scope = Scope { face: 1, context: 0 };

fn envelope() -> impl Strategy<Value = Envelope> {
    let mode = prop::sample::select(vec![Mode::Eager, Mode::Rendezvous, Mode::Synchronous]);
    let value = prop::collection::vec(any::<u8>(), 0..20);
    (any::<u64>(), any::<u8>(), any::<u64>(), any::<i64>(), mode, prop::option::of(value)).prop_map(
        |(number, face, context, tag, mode, value)| Envelope {
            source: A,
            destination: B,
            number,
            scope: Scope { face, context },
            tag,
            length: 0,
            mode,
            attributes: value.map_or(Attributes::NONE, |value| {
                Attributes::new(&[("a", b"1"), ("name", &value)]).expect("small")
            }),
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    let payload = || prop::collection::vec(any::<u8>(), 0..100).prop_map(Bytes::from);
    prop_oneof![
        (envelope(), payload()).prop_map(|(envelope, payload)| Body::Message {
            envelope: Envelope { length: payload.len() as u64, ..envelope },
            payload,
        }),
        (envelope(), 1..u64::MAX).prop_map(|(envelope, length)| Body::Offer {
            envelope: Envelope { length, ..envelope }
        }),
        any::<u64>().prop_map(|number| Body::Ready { number }),
        any::<u64>().prop_map(|number| Body::Release { number }),
        any::<u64>().prop_map(|number| Body::Matched { number }),
        (any::<u64>(), any::<u64>(), payload()).prop_map(|(number, offset, payload)| Body::Chunk {
            number,
            offset,
            payload
        }),
    ]
}

fn packet() -> impl Strategy<Value = Packet> {
    let numbers = (1..u64::MAX, any::<u64>(), any::<u64>(), any::<u64>());
    (numbers, any::<bool>(), any::<bool>(), body()).prop_map(|(numbers, has_gap, asks, body)| {
        let (sequence, ack, payload_limit, envelope_limit) = numbers;
        let head = Head { sequence, ack, payload_limit, envelope_limit, has_gap, asks };
        Packet { head, body }
    })
}

fn encoded(packet: &Packet) -> BytesMut {
    let mut bytes = BytesMut::new();
    packet.encode(&mut bytes);
    bytes
}

/// An engine in the midst of all that it can do with A, and a packet that could be next.
fn busy(kind: usize) -> (Engine, Packet) {
    let now = Duration::ZERO;
    let mut a = Engine::new(A, Options::default());
    let mut b = Engine::new(B, Options::default());
    let message = |to, mode, length: usize| Message {
        to,
        scope: HERE,
        tag: 0,
        mode,
        attributes: Attributes::NONE,
        payload: vec![1; length].into(),
    };
    for (mode, length) in [(Mode::Eager, 10), (Mode::Rendezvous, 90_000), (Mode::Synchronous, 10)] {
        b.send(message(A, mode, length)).expect("room");
        a.send(message(B, mode, length)).expect("room");
    }
    for _ in 0..2 {
        b.post(Want::any(HERE)).expect("few peers");
        a.post(Want::any(HERE)).expect("few peers");
    }
    let mut last = None;
    for _ in 0..kind {
        if let Some((_, packet)) = a.outgoing(now) {
            b.handle(now, A, encoded(&packet).freeze()).expect("a's packet");
            last = Some(packet);
        }
        if let Some((_, packet)) = b.outgoing(now) {
            a.handle(now, B, encoded(&packet).freeze()).expect("b's packet");
        }
    }
    let next = a.outgoing(now).map(|(_, packet)| packet);
    (b, next.or(last).expect("a has said something"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn packets_come_back(packet in packet()) {
        let bytes = encoded(&packet).freeze();
        prop_assert_eq!(Packet::decode(bytes.clone(), A, B), Ok(packet));
        for length in 0..bytes.len().min(40) {
            prop_assert!(Packet::decode(bytes.slice(..length), A, B).is_err());
        }
    }

    #[test]
    fn garbage_has_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut engine = Engine::new(B, Options::default());
        let _refused = engine.handle(Duration::ZERO, A, bytes.into());
    }

    #[test]
    fn a_changed_packet_has_an_answer(
        kind in 0..12usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
        others in prop::collection::vec(packet(), 0..3),
    ) {
        let (mut engine, packet) = busy(kind);
        let mut bytes = encoded(&packet);
        for (at, value) in changes {
            let at = at.index(bytes.len().min(100));
            bytes[at] = value;
        }
        let _taken_or_refused = engine.handle(Duration::ZERO, A, bytes.freeze());
        for (sequence, mut packet) in (1..).zip(others) {
            (packet.head.sequence, packet.head.ack) = (sequence, 0);
            let _taken_or_refused = engine.handle(Duration::ZERO, A, encoded(&packet).freeze());
        }
        for _ in 0..1_000 {
            let Some(time) = engine.next_tick() else { break };
            while engine.outgoing(time).is_some() {}
            engine.tick(time);
        }
        engine.peer_down(A, posse_message::Down::Ended);
        prop_assert_eq!((engine.buffered_bytes(), engine.early_bytes()), (0, 0));
    }
}

/// The form on the wire is this one.
#[test]
fn a_packet_in_hex() {
    let envelope = Envelope {
        source: A,
        destination: B,
        number: 1,
        scope: Scope { face: 2, context: 3 },
        tag: -1,
        length: 2,
        mode: Mode::Synchronous,
        attributes: Attributes::new(&[("a", b"b")]).expect("small"),
    };
    let body = Body::Message { envelope, payload: Bytes::from_static(b"hi") };
    let head = Head {
        sequence: 4,
        ack: 5,
        payload_limit: 6,
        envelope_limit: 7,
        has_gap: true,
        asks: true,
    };
    let bytes = encoded(&Packet { head, body });
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "0103\
         0400000000000000050000000000000006000000000000000700000000000000\
         0100000000000000020300000000000000ffffffffffffffff020500\
         0161010062\
         6869"
    );
    assert!(bytes.len() < limits::HEAD_BYTES_MAX);
}
