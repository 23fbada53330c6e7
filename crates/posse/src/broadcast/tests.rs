//! The fanout against receivers that behave as the wire says a host does: each takes what stands
//! at its expected offset and fits its window, and drops everything else.

use super::fanout::{Action, Fanout, Pushed};
use super::policy::{Policy, SpillLimits};
use super::store::Store;
use posse_wire::{Rank, limits};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::io;

const WINDOW: u32 = 4096;

/// A disk in memory; `left` writes succeed, then it is full.
#[derive(Debug)]
struct Disk {
    bytes: Vec<u8>,
    left: u32,
}

impl Disk {
    fn new(left: u32) -> Disk {
        Disk { bytes: Vec::new(), left }
    }
}

impl Store for Disk {
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.left = self.left.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
        let end = at as usize + bytes.len();
        self.bytes.resize(end.max(self.bytes.len()), 0);
        self.bytes[at as usize..end].copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        bytes.copy_from_slice(&self.bytes[at as usize..][..bytes.len()]);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.bytes.clear();
        Ok(())
    }
}

/// Byte `offset` of every stream in these tests.
fn byte(offset: u64) -> u8 {
    (offset % 251) as u8
}

fn stream(range: std::ops::Range<u64>) -> Vec<u8> {
    range.map(byte).collect()
}

/// A process and its buffer on its host.
#[derive(Debug, Default, Clone)]
struct Receiver {
    expected: u64,
    written: u64,
    acked: u64,
    ended: bool,
    gone: bool,
}

struct World {
    fanout: Fanout<Disk>,
    receivers: Vec<Receiver>,
    acks: VecDeque<(u32, u64)>,
    pushed: u64,
    cut: Vec<u32>,
    limit: u64,
}

impl World {
    fn new(size: u32, policy: Policy, writes: u32) -> World {
        World {
            fanout: Fanout::new(size, WINDOW, policy, Disk::new(writes)),
            receivers: vec![Receiver::default(); size as usize],
            acks: VecDeque::new(),
            pushed: 0,
            cut: Vec::new(),
            limit: policy.memory() as u64 + u64::from(WINDOW) + policy.disk(),
        }
    }

    fn push(&mut self, count: u64) -> Pushed {
        let pushed = self.fanout.push(&stream(self.pushed..self.pushed + count));
        if let Pushed::Took(count) = pushed {
            self.pushed += count as u64;
        }
        assert!(self.fanout.held() <= self.limit, "bounded");
        pushed
    }

    fn receive(&mut self, to: Rank, offset: u64, bytes: &[u8], end: bool) {
        assert_eq!(bytes, stream(offset..offset + bytes.len() as u64), "at {offset}");
        assert!(bytes.len() <= limits::CHUNK_BYTES_MAX);
        for (rank, receiver) in (0..).zip(&mut self.receivers) {
            if receiver.gone || (to != Rank::ALL && to.0 != rank) || offset > receiver.expected {
                continue;
            }
            let upto = offset + bytes.len() as u64;
            let room = receiver.written + u64::from(WINDOW);
            let takes = upto.min(room).max(receiver.expected);
            if to != Rank::ALL {
                assert!(upto <= room, "a unicast is never dropped");
            }
            receiver.expected = takes;
            receiver.ended |= end && takes == upto;
        }
    }

    fn pump(&mut self) {
        while let Some(action) = self.fanout.next().unwrap() {
            match action {
                Action::Send { to, offset, bytes, end } => self.receive(to, offset, &bytes, end),
                Action::CutOff { rank } => {
                    self.receivers[rank.0 as usize].gone = true;
                    self.cut.push(rank.0);
                }
            }
        }
    }

    /// The process reads; its host says so when a quarter of the window or all was written.
    fn read(&mut self, rank: u32, count: u64) {
        let receiver = &mut self.receivers[rank as usize];
        receiver.written = (receiver.written + count).min(receiver.expected);
        let all = receiver.written == receiver.expected;
        let news = receiver.written - receiver.acked;
        if !receiver.gone && news > 0 && (all || news >= u64::from(WINDOW) / 4) {
            receiver.acked = receiver.written;
            self.acks.push_back((rank, receiver.written));
        }
    }

    fn deliver_ack(&mut self) {
        if let Some((rank, offset)) = self.acks.pop_front() {
            assert!(self.fanout.ack(Rank(rank), offset));
        }
    }

    fn close(&mut self, rank: u32) {
        self.receivers[rank as usize].gone = true;
        assert!(self.fanout.close(Rank(rank)));
    }

    /// Everybody reads until nothing moves any more.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            self.pump();
            for rank in 0..self.receivers.len() as u32 {
                self.read(rank, u64::MAX / 2);
            }
            while !self.acks.is_empty() {
                self.deliver_ack();
            }
            if self.fanout.is_over() {
                return;
            }
        }
        panic!("not over: {:?}", self.fanout);
    }

    fn finish(mut self) -> World {
        self.fanout.finish();
        self.settle();
        for (rank, receiver) in self.receivers.iter().enumerate().filter(|(_, one)| !one.gone) {
            assert_eq!((receiver.expected, receiver.ended), (self.pushed, true), "rank {rank}");
        }
        assert_eq!(self.fanout.held(), 0, "nothing is kept for nobody");
        self
    }
}

fn spill(memory: usize, disk: u64) -> Policy {
    Policy::Spill(SpillLimits { memory, disk })
}

#[derive(Debug, Clone)]
enum Step {
    Push(u64),
    Read(u32, u64),
    Ack,
    Pump,
    Close(u32),
    CutLagging,
    CutSlowest,
}

fn step(size: u32) -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..20_000u64).prop_map(Step::Push),
        12 => (0..size, 1..10_000u64).prop_map(|(rank, count)| Step::Read(rank, count)),
        10 => Just(Step::Ack),
        10 => Just(Step::Pump),
        1 => (0..size).prop_map(Step::Close),
        1 => Just(Step::CutLagging),
    ]
}

fn run(mut world: World, steps: Vec<Step>) -> World {
    for step in steps {
        match step {
            Step::Push(count) => drop(world.push(count)),
            Step::Read(rank, count) => world.read(rank, count),
            Step::Ack => world.deliver_ack(),
            Step::Pump => world.pump(),
            Step::Close(rank) => world.close(rank),
            Step::CutLagging => drop(world.fanout.cut_lagging()),
            Step::CutSlowest => drop(world.fanout.cut_slowest()),
        }
    }
    world.finish()
}

/// Failures are not written beside the sources: the message holds the whole case.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn everybody_gets_every_byte_once_with_spill(
        steps in prop::collection::vec(step(5), 0..300),
        writes in prop_oneof![Just(u32::MAX), 0..20u32],
    ) {
        run(World::new(5, spill(65_536, 100_000), writes), steps);
    }

    #[test]
    fn everybody_gets_every_byte_once_with_block(
        steps in prop::collection::vec(step(3), 0..200),
    ) {
        let world = run(World::new(3, Policy::Block, 0), steps);
        prop_assert!(world.cut.is_empty());
    }

    #[test]
    fn giving_up_the_slowest_ends(steps in prop::collection::vec(
        prop_oneof![step(4), Just(Step::CutSlowest)], 0..100,
    )) {
        run(World::new(4, spill(65_536, 65_536), u32::MAX), steps);
    }
}

#[test]
fn one_who_does_not_read_does_not_hold_up_the_others() {
    let mut world = World::new(3, spill(65_536, 1 << 20), u32::MAX);
    for _ in 0..100 {
        assert!(matches!(world.push(8192), Pushed::Took(8192)));
        for _ in 0..4 {
            world.pump();
            world.read(0, 1 << 20);
            world.read(1, 1 << 20);
            while !world.acks.is_empty() {
                world.deliver_ack();
            }
        }
    }
    let expected: Vec<u64> = world.receivers.iter().map(|one| one.expected).collect();
    assert_eq!(expected, [819_200, 819_200, u64::from(WINDOW)]);
    let world = world.finish();
    assert!(world.cut.is_empty(), "it was only slow");
}

#[test]
fn with_block_the_slowest_holds_everybody() {
    let mut world = World::new(2, Policy::Block, 0);
    world.push(8192);
    world.pump();
    world.read(0, 1 << 20);
    world.deliver_ack();
    world.pump();
    assert_eq!(world.receivers[0].expected, u64::from(WINDOW));
    world.finish();
}

#[test]
fn one_who_is_behind_when_all_is_full_is_cut_off() {
    let mut world = World::new(2, spill(65_536, 65_536), u32::MAX);
    let mut pushed = 0;
    while pushed < 300_000 {
        match world.push(8192) {
            Pushed::Took(count) => pushed += count,
            Pushed::Full => {
                assert!(world.fanout.cut_lagging(), "somebody is far behind");
            }
            Pushed::Nobody => panic!("the other one goes on"),
        }
        for _ in 0..4 {
            world.pump();
            world.read(0, 1 << 20);
            world.deliver_ack();
        }
    }
    assert_eq!(world.cut, [1]);
    world.finish();
}

#[test]
fn acknowledgements_that_cannot_be_are_refused() {
    let mut world = World::new(1, Policy::Block, 0);
    world.push(10);
    world.pump();
    assert!(!world.fanout.ack(Rank(0), 11));
    assert!(!world.fanout.ack(Rank(1), 0));
    assert!(!world.fanout.ack(Rank::ALL, 0));
    assert!(!world.fanout.close(Rank(1)));
    assert!(world.fanout.ack(Rank(0), 10));
    assert!(world.fanout.ack(Rank(0), 3), "a late one changes nothing");
    world.close(0);
    assert_eq!(world.fanout.push(b"x"), Pushed::Nobody);
    assert!(world.fanout.is_over());
}
