//! Groups over engines: collectives of many sizes under way at once, a member that dies at any
//! moment, one survivor that learns of it. Every survivor's collectives end, with the same error
//! where they do not end well, and nothing is kept.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use posse_message::collective::{
    Broken, CollectiveId, Group, Schedule, all_reduce, all_to_all, barrier, broadcast, gather,
    join, split,
};
use posse_message::{Down, Engine, Options, Scope, Want};
use posse_wire::ProcessId;

const HERE: Scope = Scope { face: 1, context: 5 };
const BYTES: usize = 100_000;

struct Member {
    engine: Engine,
    group: Group,
    begun: Vec<CollectiveId>,
    results: Vec<Result<Vec<Bytes>, Broken>>,
}

struct World {
    state: u64,
    now: Duration,
    members: BTreeMap<ProcessId, Member>,
    flying: BTreeMap<(ProcessId, ProcessId), VecDeque<Bytes>>,
}

/// What each member takes part in, one after the other, the first two at once.
fn part(number: usize, rank: usize, size: usize) -> (Schedule, Vec<Bytes>) {
    let mine = Bytes::from(vec![rank as u8; BYTES]);
    match number {
        0 => (barrier::dissemination(rank, size), vec![]),
        1 => (all_reduce::ring(rank, size), split(&mine, size, 1)),
        2 => (broadcast::tree(rank, size, 0), vec![Bytes::from(vec![9; BYTES])]),
        3 => (all_to_all::pairwise(rank, size), vec![mine; size]),
        _ => {
            let mut cells = vec![Bytes::new(); size];
            cells[rank] = mine;
            (gather::linear(rank, size, size - 1), cells)
        }
    }
}

const PARTS: usize = 5;

fn check(number: usize, rank: usize, size: usize, cells: &[Bytes]) {
    let of = |rank: usize| vec![rank as u8; BYTES];
    match number {
        0 => {}
        1 => assert_eq!(join(&cells[..size]), vec![(0..size).sum::<usize>() as u8; BYTES]),
        2 => assert_eq!(cells[0], vec![9; BYTES]),
        3 => assert!((0..size).all(|from| cells[size + from] == of(from))),
        _ => assert!(rank != size - 1 || (0..size).all(|from| cells[from] == of(from))),
    }
}

fn add(left: &[u8], right: &[u8]) -> Bytes {
    left.iter().zip(right).map(|(a, b)| a.wrapping_add(*b)).collect::<Vec<u8>>().into()
}

impl World {
    fn new(seed: u64) -> World {
        let mut world = World {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            now: Duration::ZERO,
            members: BTreeMap::new(),
            flying: BTreeMap::new(),
        };
        let ids: Vec<ProcessId> = (1..2 + world.chance(7) as u64).map(ProcessId).collect();
        for id in &ids {
            let mut engine = Engine::new(*id, Options::default());
            let group = Group::new(&mut engine, HERE, ids.clone()).expect("a member");
            world.members.insert(*id, Member { engine, group, begun: vec![], results: vec![] });
        }
        world
    }

    fn chance(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((z ^ (z >> 27)) % limit as u64) as usize
    }

    /// The face of one member.
    fn work(&mut self, id: ProcessId) {
        let Some(Member { engine, group, begun, results }) = self.members.get_mut(&id) else {
            return;
        };
        let (rank, size) = (group.rank(), group.size());
        group.progress(engine);
        while let Some(result) = begun.get(results.len()).and_then(|next| group.take(*next)) {
            if let Ok(cells) = &result {
                check(results.len(), rank, size, cells);
            }
            results.push(result);
        }
        while begun.len() < PARTS && begun.len() < results.len() + 2 {
            let (schedule, cells) = part(begun.len(), rank, size);
            begun.push(group.begin(engine, schedule, cells, Box::new(add)));
        }
        while let Some((to, packet)) = engine.outgoing(self.now) {
            let mut bytes = BytesMut::new();
            packet.encode(&mut bytes);
            self.flying.entry((id, to)).or_default().push_back(bytes.freeze());
        }
    }

    /// A packet of any pair arrives, or time passes.
    fn step(&mut self) {
        self.flying.retain(|_, packets| !packets.is_empty());
        let pairs: Vec<(ProcessId, ProcessId)> = self.flying.keys().copied().collect();
        if pairs.is_empty() {
            let ticks = self.members.values().filter_map(|member| member.engine.next_tick());
            self.now = ticks.min().unwrap_or(self.now);
            let now = self.now;
            self.members.values_mut().for_each(|member| member.engine.tick(now));
            let ids: Vec<ProcessId> = self.members.keys().copied().collect();
            return ids.into_iter().for_each(|id| self.work(id));
        }
        let (from, to) = pairs[self.chance(pairs.len())];
        let packet = self.flying.get_mut(&(from, to)).and_then(VecDeque::pop_front);
        if let (Some(packet), Some(member)) = (packet, self.members.get_mut(&to)) {
            let _of_the_dead = member.engine.handle(self.now, from, packet);
            self.work(to);
        }
    }

    fn is_over(&self) -> bool {
        self.members.values().all(|member| member.results.len() == PARTS)
    }

    fn tell(&mut self, id: ProcessId, dead: ProcessId) {
        if let Some(member) = self.members.get_mut(&id) {
            member.engine.peer_down(dead, Down::Ended);
            member.group.peer_down(&mut member.engine, dead);
            self.work(id);
        }
    }

    /// All leave, and nothing is kept.
    fn finish(mut self, dead: Option<ProcessId>) {
        let ids: Vec<ProcessId> = self.members.keys().copied().collect();
        if let Some(dead) = dead {
            ids.iter().for_each(|id| self.tell(*id, dead));
        }
        for _ in 0..100_000 {
            let ticks = self.members.values().any(|member| member.engine.next_tick().is_some());
            if !ticks && self.flying.values().all(VecDeque::is_empty) {
                break;
            }
            self.step();
        }
        for (_, Member { mut engine, group, .. }) in self.members {
            group.leave(&mut engine);
            assert_eq!(engine.probe(&Want::any(HERE)), None);
            assert_eq!((engine.requests(), engine.waiting_messages()), (0, 0));
            assert_eq!((engine.buffered_bytes(), engine.next_tick()), (0, None));
        }
    }
}

#[test]
fn collectives_under_way_together_all_end_well() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        world.members.keys().copied().collect::<Vec<_>>().into_iter().for_each(|id| world.work(id));
        for _ in 0..1_000_000 {
            if world.is_over() {
                break;
            }
            world.step();
        }
        let results = world.members.values().flat_map(|member| &member.results);
        assert!(world.is_over() && results.into_iter().all(Result::is_ok), "seed {seed}");
        world.finish(None);
    }
}

#[test]
fn a_death_that_one_survivor_knows_ends_all_alike() {
    let mut broken = 0;
    for seed in 0..100 {
        let mut world = World::new(seed);
        let ids: Vec<ProcessId> = world.members.keys().copied().collect();
        ids.iter().for_each(|id| world.work(*id));
        for _ in 0..world.chance(300) {
            world.step();
        }
        let dead = world.chance(ids.len());
        world.members.remove(&ids[dead]);
        let alive: Vec<ProcessId> = world.members.keys().copied().collect();
        if !alive.is_empty() {
            let knows = alive[world.chance(alive.len())];
            world.tell(knows, ids[dead]);
        }
        for _ in 0..1_000_000 {
            if world.is_over() {
                break;
            }
            world.step();
        }
        assert!(world.is_over(), "seed {seed}: somebody waits");
        for member in world.members.values() {
            let failed = member.results.iter().filter_map(|result| result.as_ref().err());
            for error in failed {
                assert_eq!(*error, Broken::Down(dead), "seed {seed}");
                broken += 1;
            }
        }
        world.finish(Some(ids[dead]));
    }
    assert!(broken > 100, "{broken} collectives ended by a death");
}
