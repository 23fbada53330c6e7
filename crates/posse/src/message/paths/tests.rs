//! Two processes' paths within one: everything but the daemon is real.

use super::pair::{Own, Pair};
use super::{Paths, Sides, Token, Word};
use crate::limits::PAIRS_MAX;
use bytes::Bytes;
use posse_message::{Attributes, Engine, Fetch, Message, Mode, Options, Scope, Want};
use posse_net::descriptors;
use posse_shm::attach::Offer;
use posse_shm::{doorbell, permit};
use posse_wire::msg::{Meet, Met};
use posse_wire::{HostId, Incarnation, ProcessId};
use rustix::event::epoll;
use std::io::IoSlice;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

const SCOPE: Scope = Scope { face: 0, context: 1 };
const NOW: Duration = Duration::from_millis(5);

struct Side {
    engine: Engine,
    paths: Paths,
    epoll: OwnedFd,
    by_daemon: usize,
}

fn id(sequence: u32) -> ProcessId {
    ProcessId::new(HostId(1), Incarnation(1), sequence).unwrap()
}

impl Side {
    fn new(sequence: u32) -> Side {
        let engine = Engine::new(id(sequence), Options::default());
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
        Side { engine, paths: Paths::default(), epoll, by_daemon: 0 }
    }

    fn meet(&mut self, peer: ProcessId, number: u64, socket: OwnedFd, permits: &permit::Parts) {
        let met = Met { number, permits: permits.permits as u32 };
        let memory = permits.memory.try_clone().unwrap();
        let Side { engine, paths, epoll, .. } = self;
        let mut sides = Sides { engine, now: NOW, epoll: epoll.as_fd() };
        paths.met((peer, met), (socket, memory), &mut sides);
    }

    fn turn(&mut self) {
        let Side { engine, paths, epoll, by_daemon } = self;
        let mut sides = Sides { engine, now: NOW, epoll: epoll.as_fd() };
        (0..PAIRS_MAX).for_each(|at| paths.ready(Token::Pair(at), &mut sides));
        paths.turn(&mut sides);
        paths.fetch(sides.engine);
        while let Some((to, packet)) = sides.engine.outgoing(NOW) {
            *by_daemon += usize::from(paths.send(&mut sides, to, packet).is_some());
        }
    }

    fn send(&mut self, to: ProcessId, tag: i64, payload: Bytes) {
        let (mode, attributes) = (Mode::Eager, Attributes::NONE);
        let message = Message { to, scope: SCOPE, tag, mode, attributes, payload };
        self.engine.send(message).unwrap();
    }
}

fn met() -> (Side, Side) {
    let (mut a, mut b) = (Side::new(1), Side::new(2));
    let permits = permit::Parts::create(2).unwrap();
    let (one, other) = descriptors::pair().unwrap();
    a.meet(id(2), 1, one, &permits);
    b.meet(id(1), 1, other, &permits);
    (a, b)
}

/// Sends messages of these sizes and receives them, in order.
fn exchange(a: &mut Side, b: &mut Side, sizes: &[usize]) {
    let filled = |bytes: usize| (0..bytes).map(|at| (at * 7 + bytes) as u8).collect::<Bytes>();
    for (tag, bytes) in sizes.iter().enumerate() {
        a.send(id(2), tag as i64, filled(*bytes));
    }
    for (tag, bytes) in sizes.iter().enumerate() {
        let receive = b.engine.post(Want::any(SCOPE).of(id(1))).unwrap();
        let got = (0..10_000).find_map(|_| {
            a.turn();
            b.turn();
            b.engine.take_completed(receive)
        });
        let got = got.unwrap().unwrap();
        assert_eq!(got.envelope.tag, tag as i64);
        assert!(got.payload == filled(*bytes), "{bytes} bytes");
    }
}

const SIZES: [usize; 9] = [0, 8, 8_000, 8_192, 8_193, 16_384, 70_000, 3_000_000, 5_000_000];

#[test]
fn all_sizes_arrive_and_none_by_the_daemon() {
    let (mut a, mut b) = met();
    a.turn();
    b.turn();
    a.turn();
    exchange(&mut a, &mut b, &SIZES);
    exchange(&mut a, &mut b, &[8; 5_000]);
    assert_eq!((a.by_daemon, b.by_daemon), (0, 0));
}

#[test]
fn large_payloads_go_through_a_ring_where_memory_is_not_read() {
    let (mut a, mut b) = met();
    b.paths.pairs.shared.as_mut().unwrap().reads = false;
    let (one, other) = descriptors::pair().unwrap();
    let permits = permit::Parts::create(2).unwrap();
    a.meet(id(2), 2, one, &permits);
    b.meet(id(1), 2, other, &permits);
    a.turn();
    b.turn();
    a.turn();
    exchange(&mut a, &mut b, &SIZES);
    assert_eq!((a.by_daemon, b.by_daemon), (0, 0));
}

/// A process that lends what is not there is asked for the payload, and the pair goes on.
#[test]
fn what_was_lent_and_can_not_be_read_is_sent() {
    let (mut a, mut b) = met();
    for _ in 0..3 {
        a.turn();
        b.turn();
    }
    a.send(id(2), 0, vec![7; 100_000].into());
    a.turn();
    b.paths.turn(&mut Sides { engine: &mut b.engine, now: NOW, epoll: b.epoll.as_fd() });
    let receive = b.engine.post(Want::any(SCOPE)).unwrap();
    let fetch = b.engine.next_fetch().unwrap();
    let nowhere = Fetch { address: fetch.address + (1 << 40), ..fetch };
    assert_eq!(b.paths.pairs.fetch(&nowhere), None);
    assert_eq!(b.paths.pairs.fetch(&Fetch { address: 8, ..fetch }), None);
    b.engine.fetched(fetch, None);
    let got = (0..100).find_map(|_| {
        b.turn();
        a.turn();
        b.engine.take_completed(receive)
    });
    assert!(got.unwrap().unwrap().payload == vec![7; 100_000]);
    assert_eq!((a.by_daemon, b.by_daemon), (0, 0));
}

#[test]
fn who_has_more_to_say_asks_to_meet_and_not_again_at_once() {
    let (mut a, mut asked) = (Side::new(1), Vec::new());
    for _ in 0..100 {
        a.send(id(2), 0, Bytes::new());
        a.turn();
        asked.extend(a.paths.take_words().map(|word| (a.by_daemon, word)));
    }
    let meet = Word::Meet(id(2), Meet { key: None, answers: false });
    assert_eq!(asked, [(4, meet), (20, meet), (84, meet)]);
}

#[test]
fn a_closed_socket_sends_packets_back_to_the_daemon_and_loses_none() {
    let (mut a, mut b) = met();
    a.turn();
    b.turn();
    b.send(id(1), 0, Bytes::from_static(b"last words"));
    b.turn();
    b.paths = Paths::default();
    a.turn();
    let receive = a.engine.post(Want::any(SCOPE)).unwrap();
    assert_eq!(a.engine.take_completed(receive).unwrap().unwrap().payload.len(), 10);
    assert!(a.paths.is_empty());
    assert_eq!(a.paths.take_words().collect::<Vec<_>>(), [Word::Part(id(2))]);
    a.send(id(2), 0, Bytes::new());
    a.turn();
    assert!(a.by_daemon > 0);
}

#[test]
fn garbage_in_a_ring_or_on_the_socket_ends_the_pair_alone() {
    let bell = doorbell::Parts::create().unwrap();
    let own = Own {
        bell: &bell,
        invitation: Offer::new().unwrap().invitation(),
        reads: true,
        core: None,
    };
    let mut engine = Engine::new(id(1), Options::default());
    for garbage in [&[9; 48][..], &[0; 48], &[3; 48], &[1; 48], &[4; 48]] {
        let (one, other) = descriptors::pair().unwrap();
        let mut pair = Pair::new((id(2), 1), one, 0, &own).unwrap();
        descriptors::send(&other, &[IoSlice::new(garbage)], &[]).unwrap();
        assert!(pair.listen().is_err(), "{garbage:?}");
    }
    for record in [&[][..], &[7], &[1, 2, 3], &[2], &[0], &[1; 40], &[3; 5], &[3; 40]] {
        let (one, other) = descriptors::pair().unwrap();
        let mut pair = Pair::new((id(2), 1), one, 0, &own).unwrap();
        let (mut bytes, mut fds) = ([0; 64], Vec::new());
        descriptors::receive(&other, &mut bytes, &mut fds).unwrap();
        let memory = fds.swap_remove(0);
        let parts = posse_shm::ring::Parts { memory, data_bytes: posse_shm::RING_BYTES_DEFAULT };
        parts.producer().unwrap().try_push(&[record]).unwrap();
        assert!(pair.drain(&mut engine, NOW).is_err(), "{record:?}");
    }
}

#[test]
fn tokens_come_out_as_they_went_in() {
    for token in
        [Token::Daemon, Token::Wake, Token::Bell, Token::Pair(0), Token::Pair(63), Token::Direct(0)]
    {
        assert_eq!(Token::of(token.number()), token);
    }
}
