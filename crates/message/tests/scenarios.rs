//! What an engine does, one case each: two or three of them, packets carried at once and in
//! order.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use posse_message::{
    Attributes, Body, Down, Engine, Failure, Finished, Message, Mode, Options, Packet, RecvId,
    Scope, SendError, SendId, Violation, Want, limits,
};
use posse_wire::{Outcome, ProcessId};

const HERE: Scope = Scope { face: 1, context: 7 };
const A: ProcessId = ProcessId(1);
const B: ProcessId = ProcessId(2);
const ZERO: Duration = Duration::ZERO;

fn pair() -> (Engine, Engine) {
    (Engine::new(A, Options::default()), Engine::new(B, Options::default()))
}

fn message(to: ProcessId, tag: i64, mode: Mode, payload: impl Into<Bytes>) -> Message {
    let attributes = Attributes::NONE;
    Message { to, scope: HERE, tag, mode, attributes, payload: payload.into() }
}

fn send(engine: &mut Engine, to: ProcessId, tag: i64, payload: impl Into<Bytes>) -> SendId {
    engine.send(message(to, tag, Mode::Eager, payload)).expect("there is room")
}

fn want(engine: &mut Engine, tag: Option<i64>) -> RecvId {
    engine.post(Want { tag, ..Want::any(HERE) }).expect("few peers")
}

/// All that one has to say, given to the other one.
fn carry(from: &mut Engine, to: &mut Engine) -> Vec<Packet> {
    let mut carried = vec![];
    while let Some((peer, packet)) = from.outgoing(ZERO) {
        assert_eq!(peer, to.me());
        let mut bytes = BytesMut::new();
        packet.encode(&mut bytes);
        to.handle(ZERO, from.me(), bytes.freeze()).expect("an engine's packet");
        carried.push(packet);
    }
    carried
}

fn talk(a: &mut Engine, b: &mut Engine) {
    while !carry(a, b).is_empty() || !carry(b, a).is_empty() {}
}

/// Time passes until nothing is to be said any more.
fn settle(a: &mut Engine, b: &mut Engine) {
    talk(a, b);
    while let Some(time) = a.next_tick().into_iter().chain(b.next_tick()).min() {
        a.tick(time);
        b.tick(time);
        talk(a, b);
    }
}

fn take(engine: &mut Engine, receive: RecvId) -> Bytes {
    let received = engine.take_completed(receive).expect("complete").expect("well");
    received.payload
}

#[test]
fn a_small_message_is_one_packet_and_one_acknowledgement() {
    let (mut a, mut b) = pair();
    let sent = send(&mut a, B, 3, "hello");
    assert!(a.has_undelivered());
    let packets = carry(&mut a, &mut b);
    assert!(matches!(packets[..], [Packet { body: Body::Message { .. }, .. }]));
    let receive = want(&mut b, Some(3));
    assert_eq!(take(&mut b, receive), "hello");
    assert!(a.send_state(sent).is_some_and(|state| state.is_handed && !state.is_delivered));
    assert!(carry(&mut b, &mut a).is_empty());
    b.tick(limits::ACK_WITHIN);
    assert_eq!(carry(&mut b, &mut a).len(), 1);
    assert!(a.send_state(sent).is_some_and(|state| state.is_settled()));
    assert!(!a.has_undelivered() && !b.has_undelivered());
    a.forget_send(sent);
    assert_eq!((a.buffered_bytes(), a.requests(), b.requests()), (0, 0, 0));
    settle(&mut a, &mut b);
    assert_eq!((a.next_tick(), b.next_tick()), (None, None));
}

#[test]
fn a_large_message_waits_for_its_receive_and_small_ones_pass_it() {
    let (mut a, mut b) = pair();
    let large: Bytes = (0..1_000_000u32).map(|n| n as u8).collect::<Vec<u8>>().into();
    let first = send(&mut a, B, 1, large.clone());
    talk(&mut a, &mut b);
    assert_eq!(b.probe(&Want::any(HERE)).map(|envelope| envelope.length), Some(1_000_000));
    assert!(a.send_state(first).is_some_and(|state| !state.is_matched && !state.is_handed));
    let receive = want(&mut b, Some(1));
    carry(&mut b, &mut a);
    send(&mut a, B, 2, "small");
    let packets = carry(&mut a, &mut b);
    assert!(matches!(packets[0].body, Body::Message { .. }));
    let small = want(&mut b, Some(2));
    assert_eq!(take(&mut b, small), "small");
    talk(&mut a, &mut b);
    assert_eq!(take(&mut b, receive), large);
    settle(&mut a, &mut b);
    assert!(a.send_state(first).is_some_and(|state| state.is_settled() && state.is_matched));
    assert_eq!(a.buffered_bytes(), 0);
}

#[test]
fn a_payload_can_be_taken_as_it_comes() {
    let (mut a, mut b) = pair();
    send(&mut a, B, 1, vec![7; 500_000]);
    let receive = want(&mut b, None);
    let mut length = 0;
    while !b.is_complete(receive) {
        carry(&mut a, &mut b);
        while let Some(piece) = b.take_piece(receive) {
            length += piece.len();
        }
        assert!(b.met(receive).is_some_and(|envelope| envelope.length == 500_000));
        carry(&mut b, &mut a);
    }
    assert_eq!((length, take(&mut b, receive)), (500_000, Bytes::new()));
}

/// As `carry`, on a path by which the receiver can read the sender's memory: what is lent by each
/// message's number, which is also said to be its address.
fn carry_lent(from: &mut Engine, to: &mut Engine) -> BTreeMap<u64, Bytes> {
    let mut lent = BTreeMap::new();
    while let Some((_, packet)) = from.outgoing(ZERO) {
        let mut bytes = BytesMut::new();
        packet.encode(&mut bytes);
        let (me, bytes) = (from.me(), bytes.freeze());
        let Body::Offer { envelope } = packet.body else {
            to.handle(ZERO, me, bytes).expect("an engine's packet");
            continue;
        };
        let payload = from.offered(to.me(), envelope.number).expect("it is there");
        lent.insert(envelope.number, payload.clone());
        from.lend(to.me(), envelope.number);
        to.handle_lent(ZERO, me, bytes, envelope.number).expect("an engine's packet");
    }
    lent
}

#[test]
fn a_lent_payload_is_read_when_it_is_wanted_and_not_sent() {
    let (mut a, mut b) = pair();
    let large = send(&mut a, B, 1, vec![7; 500_000]);
    let lent = carry_lent(&mut a, &mut b);
    assert_eq!(b.next_fetch(), None, "nobody wants it yet");
    let receive = want(&mut b, Some(1));
    let fetch = b.next_fetch().expect("it is wanted");
    assert_eq!((fetch.from, fetch.address, fetch.length), (A, 1, 500_000));
    assert!(!b.is_complete(receive));
    b.fetched(fetch, Some(lent[&1].clone()));
    assert_eq!(take(&mut b, receive).as_ptr(), lent[&1].as_ptr());
    let said = carry(&mut b, &mut a);
    assert!(matches!(said[..], [Packet { body: Body::Release { number: 1 }, .. }]));
    assert!(a.send_state(large).is_some_and(|state| state.is_settled() && state.is_matched));
    assert!(carry(&mut a, &mut b).is_empty(), "no chunk");
    assert_eq!((a.buffered_bytes(), a.offered(B, 1)), (0, None));
    settle(&mut a, &mut b);
    assert_eq!(b.requests(), 0);
}

#[test]
fn a_lent_payload_that_can_not_be_read_is_sent() {
    let (mut a, mut b) = pair();
    for length in [100_000, 200_000] {
        send(&mut a, B, 1, vec![7; length]);
    }
    carry_lent(&mut a, &mut b);
    for (length, read) in [(100_000, None), (200_000, Some(Bytes::from_static(b"too short")))] {
        let receive = want(&mut b, Some(1));
        let fetch = b.next_fetch().expect("it is wanted");
        b.fetched(fetch, read);
        settle(&mut a, &mut b);
        assert_eq!(take(&mut b, receive), vec![7; length]);
        b.fetched(fetch, Some(vec![8; length].into()));
    }
    settle(&mut a, &mut b);
    assert_eq!((a.buffered_bytes(), b.requests()), (0, 0));
}

#[test]
fn of_a_lent_payload_nobody_knows_whether_the_dead_have_read_it() {
    let (mut a, mut b) = pair();
    let lent = send(&mut a, B, 1, vec![7; 100_000]);
    carry_lent(&mut a, &mut b);
    let receive = want(&mut b, Some(1));
    a.peer_down(B, Down::Ended);
    let failure = a.send_state(lent).and_then(|state| state.failure).expect("it failed");
    assert_eq!(failure.outcome, Outcome::Unknown);
    b.peer_down(A, Down::Ended);
    assert_eq!(b.next_fetch(), None);
    assert!(b.take_completed(receive).is_some_and(|result| result.is_err()));
}

#[test]
fn ten_thousand_of_one_tag_do_not_hide_the_other() {
    let (mut a, mut b) = pair();
    for number in 0..10_000u32 {
        send(&mut a, B, 1, number.to_le_bytes().to_vec());
    }
    send(&mut a, B, 2, "other");
    settle(&mut a, &mut b);
    let other = want(&mut b, Some(2));
    settle(&mut a, &mut b);
    assert_eq!(take(&mut b, other), "other");
    for number in 0..10_000u32 {
        let receive = want(&mut b, Some(1));
        talk(&mut a, &mut b);
        assert_eq!(take(&mut b, receive), number.to_le_bytes().to_vec());
    }
    settle(&mut a, &mut b);
    assert_eq!((a.buffered_bytes(), b.waiting_messages()), (0, 0));
}

#[test]
fn envelopes_end_at_the_allowance_and_go_on_when_taken() {
    let (mut a, mut b) = pair();
    let most = limits::ENVELOPE_ALLOWANCE_BYTES_MAX / limits::ENVELOPE_COST_BYTES;
    for _ in 0..most + 10 {
        let sent = send(&mut a, B, 1, "");
        a.forget_send(sent);
    }
    talk(&mut a, &mut b);
    assert_eq!(b.waiting_messages() as u64, most);
    // What is taken here is too little to be told by itself, so it is asked for.
    for _ in 0..10 {
        let receive = want(&mut b, None);
        take(&mut b, receive);
    }
    let time = a.next_tick().expect("waits for credit");
    a.tick(time);
    talk(&mut a, &mut b);
    assert_eq!((b.waiting_messages() as u64, a.requests()), (most, 10));
}

#[test]
fn everybody_may_send_before_anybody_receives() {
    let (mut a, mut b) = pair();
    for _ in 0..64 {
        send(&mut a, B, 0, vec![1; 1024 * 1024]);
        send(&mut b, A, 0, vec![2; 1024 * 1024]);
    }
    settle(&mut a, &mut b);
    for _ in 0..64 {
        let (at_a, at_b) = (want(&mut a, None), want(&mut b, None));
        settle(&mut a, &mut b);
        assert_eq!((take(&mut a, at_a)[0], take(&mut b, at_b)[0]), (2, 1));
    }
    assert_eq!((a.buffered_bytes(), b.buffered_bytes()), (0, 0));
}

#[test]
fn a_synchronous_send_knows_when_it_was_met() {
    let (mut a, mut b) = pair();
    let sent = a.send(message(B, 0, Mode::Synchronous, "x")).expect("room");
    settle(&mut a, &mut b);
    let state = a.send_state(sent).expect("kept");
    assert!(state.is_delivered && !state.is_matched && !state.is_settled());
    let receive = want(&mut b, None);
    settle(&mut a, &mut b);
    assert!(a.send_state(sent).is_some_and(|state| state.is_settled()));
    assert_eq!(take(&mut b, receive), "x");
}

#[test]
fn what_is_beyond_the_buffer_is_refused_and_one_message_never_is() {
    let mut a = Engine::new(A, Options { buffer_bytes: 1600, ..Options::default() });
    send(&mut a, B, 0, vec![0; 1000]);
    let refused = a.send(message(B, 0, Mode::Eager, vec![0; 1]));
    assert_eq!(refused, Err(SendError::Full { held: 1512, limit: 1600 }));
    assert_eq!(a.buffered_bytes(), 1512);
}

#[test]
fn a_message_to_oneself_is_one_like_others() {
    let mut a = Engine::new(A, Options::default());
    let sent = a.send(message(A, 5, Mode::Synchronous, vec![3; 100_000])).expect("room");
    assert!(a.send_state(sent).is_some_and(|state| state.is_delivered && !state.is_settled()));
    assert_eq!(a.buffered_bytes(), 100_000 + limits::ENVELOPE_COST_BYTES);
    let receive = want(&mut a, Some(5));
    assert_eq!(take(&mut a, receive).len(), 100_000);
    assert!(a.send_state(sent).is_some_and(|state| state.is_settled()));
    assert_eq!((a.buffered_bytes(), a.outgoing(ZERO)), (0, None));
}

#[test]
fn what_a_probe_took_out_is_received_or_discarded() {
    let (mut a, mut b) = pair();
    let large = send(&mut a, B, 1, vec![0; 100_000]);
    send(&mut a, B, 2, "two");
    talk(&mut a, &mut b);
    let (first, envelope) = b.probe_out(&Want::any(HERE)).expect("it is here");
    assert_eq!(envelope.tag, 1);
    let scanned: Vec<_> = b.scan(HERE).map(|(id, envelope)| (id, envelope.tag)).collect();
    assert!(matches!(scanned[..], [(_, 2)]));
    assert!(b.take(scanned[0].0) && !b.take(scanned[0].0));
    let receive = b.receive(scanned[0].0).expect("taken out");
    assert_eq!(take(&mut b, receive), "two");
    b.discard(first);
    settle(&mut a, &mut b);
    assert!(a.send_state(large).is_some_and(|state| state.is_settled()));
    assert_eq!((a.buffered_bytes(), b.waiting_messages(), b.requests()), (0, 0, 0));
}

#[test]
fn a_standing_receive_comes_first_and_stays() {
    let mut a = Engine::new(A, Options { announces: true, ..Options::default() });
    let posted = want(&mut a, None);
    let standing = a.stand(Want::any(HERE).tagged(9));
    for tag in [9, 1, 9] {
        let sent = send(&mut a, A, tag, vec![tag as u8]);
        a.forget_send(sent);
    }
    assert_eq!(take(&mut a, posted), vec![1]);
    let told: Vec<Finished> = std::iter::from_fn(|| a.next_finished()).collect();
    let met = told.iter().filter(|finished| **finished == Finished::Met(standing)).count();
    assert!(met == 2 && told.contains(&Finished::Receive(posted)), "{told:?}");
    let (message, _) = a.next_met(standing).expect("met");
    let receive = a.receive(message).expect("taken out");
    assert_eq!(take(&mut a, receive), vec![9]);
    assert!(a.cancel(standing) && !a.cancel(standing));
    assert_eq!((a.requests(), a.waiting_messages(), a.buffered_bytes()), (0, 0, 0));
}

#[test]
fn a_receive_with_attributes_passes_over_others() {
    let (mut a, mut b) = pair();
    for kind in ["rest", "work"] {
        let attributes = Attributes::new(&[("kind", kind.as_bytes())]).expect("small");
        let message = Message { attributes, ..message(B, 0, Mode::Eager, kind) };
        a.send(message).expect("room");
    }
    talk(&mut a, &mut b);
    let attributes = Attributes::new(&[("kind", b"work")]).expect("small");
    let receive = b.post(Want::any(HERE).having(attributes)).expect("few peers");
    assert_eq!(take(&mut b, receive), "work");
    let other = want(&mut b, None);
    assert_eq!(take(&mut b, other), "rest");
}

#[test]
fn a_cancelled_receive_meets_nothing() {
    let (mut a, mut b) = pair();
    let receive = want(&mut b, None);
    assert!(b.cancel(receive));
    send(&mut a, B, 0, "x");
    talk(&mut a, &mut b);
    assert_eq!((b.take_completed(receive), b.waiting_messages()), (None, 1));
    let met = want(&mut b, None);
    assert!(!b.cancel(met));
    assert_eq!(take(&mut b, met), "x");
}

#[test]
fn a_death_ends_what_it_alone_could_end() {
    let (mut a, mut b) = pair();
    let met = want(&mut a, Some(1));
    send(&mut b, A, 1, vec![1; 300_000]);
    send(&mut b, A, 2, "whole");
    send(&mut b, A, 3, vec![3; 50_000]);
    carry(&mut b, &mut a);
    assert!(a.met(met).is_some());
    let only = a.post(Want::any(HERE).of(B).tagged(8)).expect("few peers");
    let anybody = want(&mut a, Some(8));
    let unknown = send(&mut a, B, 0, "x");
    while a.outgoing(ZERO).is_some() {}
    let not_done = send(&mut a, B, 0, "y");
    a.peer_down(B, Down::Ended);
    let failed = |outcome| Some(Failure { peer: B, why: Down::Ended, outcome });
    let failure = |a: &Engine, id| a.send_state(id).expect("kept").failure;
    assert_eq!(failure(&a, unknown), failed(Outcome::Unknown));
    assert_eq!(failure(&a, not_done), failed(Outcome::NotDone));
    for ended in [met, only] {
        let result = a.take_completed(ended).expect("over");
        assert_eq!(result.err(), failed(Outcome::NotDone));
    }
    assert_eq!(a.take_completed(anybody), None);
    let whole = a.post(Want::any(HERE).of(B)).expect("few peers");
    assert_eq!(take(&mut a, whole), "whole");
    let nothing = a.post(Want::any(HERE).of(B)).expect("few peers");
    assert_eq!(a.take_completed(nothing).expect("over").err(), failed(Outcome::NotDone));
    let refused = a.send(message(B, 0, Mode::Eager, ""));
    assert!(matches!(refused, Err(SendError::Down(_))));
    assert_eq!(a.handle(ZERO, B, Bytes::new()), Err(Violation::Down));
    assert!(!a.is_interested(B) && a.outgoing(ZERO).is_none() && a.next_tick().is_none());
    assert_eq!((a.waiting_messages(), a.buffered_bytes()), (0, 0));
}

#[test]
fn peers_of_interest_are_told_once() {
    let (mut a, mut b) = pair();
    a.post(Want::any(HERE).of(B)).expect("few peers");
    send(&mut a, B, 0, "x");
    assert_eq!((a.next_interest(), a.next_interest()), (Some(B), None));
    talk(&mut a, &mut b);
    assert_eq!((b.next_interest(), b.interests().collect()), (Some(A), vec![A]));
}

#[test]
fn a_peer_that_takes_more_than_it_has_leave_for_is_refused() {
    let mut b = Engine::new(B, Options::default());
    let mut a = Engine::new(A, Options::default());
    send(&mut a, B, 0, vec![0; 100]);
    let (_, packet) = a.outgoing(ZERO).expect("a packet");
    let say = |b: &mut Engine, sequence, number, length: usize| {
        let mut packet = packet.clone();
        packet.head.sequence = sequence;
        let Body::Message { envelope, payload } = &mut packet.body else { panic!("a message") };
        envelope.number = number;
        *payload = vec![0; length].into();
        let mut bytes = BytesMut::new();
        packet.encode(&mut bytes);
        b.handle(ZERO, A, bytes.freeze())
    };
    assert_eq!(say(&mut b, 1, 2, 0), Err(Violation::Number(2)));
    assert_eq!(say(&mut b, 2, 1, 60_000), Err(Violation::Credit(1)));
    assert_eq!(say(&mut b, 3, 1, 10), Ok(()));
    assert_eq!(say(&mut b, 1 << 40, 1, 10), Err(Violation::Ahead(1 << 40)));
    assert_eq!(b.handle(ZERO, B, Bytes::new()), Err(Violation::Own));
    assert_eq!(b.waiting_messages(), 1);
}

#[test]
fn a_full_path_holds_up_nobody_else() {
    let (mut a, mut b) = pair();
    let c = ProcessId(3);
    send(&mut a, B, 0, "x");
    send(&mut a, c, 0, "y");
    a.pause(c);
    assert_eq!(carry(&mut a, &mut b).len(), 1);
    a.tick(limits::RESEND_AFTER);
    assert!(a.outgoing(limits::RESEND_AFTER).is_some_and(|(peer, _)| peer == B));
    assert_eq!(a.outgoing(limits::RESEND_AFTER), None);
    a.resume(c);
    assert!(a.outgoing(limits::RESEND_AFTER).is_some_and(|(peer, _)| peer == c));
}

#[test]
fn peers_take_turns() {
    let (mut a, _) = pair();
    for to in [2, 3, 4] {
        for _ in 0..10 {
            send(&mut a, ProcessId(to), 0, "x");
        }
    }
    let turns: Vec<u64> = std::iter::from_fn(|| a.outgoing(ZERO)).map(|(to, _)| to.0).collect();
    assert_eq!(turns, [2, 3, 4].repeat(10));
}
