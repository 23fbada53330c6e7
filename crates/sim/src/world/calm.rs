//! A world in which nothing goes wrong, of any number of hosts, to be counted: what `up`, a few
//! commands on all hosts, and doing nothing cost each host. Called by the program.

use super::World;
use super::host::Sent;
use crate::chance::Chance;
use crate::check::Violation;
use crate::plan::{Plan, SECOND};
use std::time::{Duration, Instant};

/// Plain commands on all hosts.
pub const COMMANDS: u64 = 3;

/// After these all is told and settled.
const SETTLES: u64 = 5 * SECOND;

/// What was counted.
#[derive(Debug)]
pub struct Calm {
    /// Beside the owner's.
    pub hosts: usize,
    pub relays: usize,
    pub up: Phase,
    pub commands: Phase,
    pub idle: Phase,
    pub state: State,
    pub violations: Vec<Violation>,
}

/// One part of the world's life.
#[derive(Clone, Copy, Debug, Default)]
pub struct Phase {
    pub virtual_us: u64,
    pub real: Duration,
    /// Frames and bytes sent, heartbeats not counted, by all daemons.
    pub frames: u64,
    pub bytes: u64,
    pub beats: u64,
    /// Inputs that they took.
    pub inputs: u64,
    /// Of these, by the owner's daemon, and by that of the last host, which carries no other.
    pub owner_beats: u64,
    pub leaf_inputs: u64,
}

/// Bytes on the heap that the daemons hold at the end: what is given back when they are dropped.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    pub owner: usize,
    /// The first host: a relay, where there are any.
    pub relay: usize,
    pub leaf: usize,
}

/// Runs such a world; `heap` says how many bytes this program has allocated.
pub fn calm(hosts: usize, relays: usize, idle_us: u64, heap: impl Fn() -> usize) -> Calm {
    let relays = relays.min(hosts.saturating_sub(1));
    let mut world = World::new(Plan::calm(hosts, relays), Chance::new(0));
    let start = world.mark();
    world.begin();
    world.until_fronts_are_over();
    let is_up = world.mark();
    world.one_more_front(COMMANDS);
    world.until_fronts_are_over();
    let is_done = world.mark();
    world.until(world.now + SETTLES);
    let idles = world.mark();
    world.until(world.now + idle_us);
    let ends = world.mark();
    world.must_be_quiet_everywhere();
    Calm {
        hosts,
        relays,
        up: start.to(&is_up),
        commands: is_up.to(&is_done),
        idle: idles.to(&ends),
        state: world.states(heap),
        violations: world.violations,
    }
}

/// What was counted up to a moment.
struct Mark {
    now: u64,
    real: Instant,
    all: Sent,
    owner: Sent,
    leaf: Sent,
}

impl Mark {
    fn to(&self, later: &Mark) -> Phase {
        Phase {
            virtual_us: later.now - self.now,
            real: later.real - self.real,
            frames: later.all.frames - self.all.frames,
            bytes: later.all.bytes - self.all.bytes,
            beats: later.all.beats - self.all.beats,
            inputs: later.all.inputs - self.all.inputs,
            owner_beats: later.owner.beats - self.owner.beats,
            leaf_inputs: later.leaf.inputs - self.leaf.inputs,
        }
    }
}

impl World {
    fn mark(&self) -> Mark {
        let mut all = Sent::default();
        for host in &self.hosts {
            all.frames += host.sent.frames;
            all.bytes += host.sent.bytes;
            all.beats += host.sent.beats;
            all.inputs += host.sent.inputs;
        }
        let sent = |host: Option<&super::host::Host>| host.map(|h| h.sent).unwrap_or_default();
        let (owner, leaf) = (sent(self.hosts.first()), sent(self.hosts.last()));
        Mark { now: self.now, real: Instant::now(), all, owner, leaf }
    }

    fn until_fronts_are_over(&mut self) {
        while self.fronts.iter().any(|front| !front.is_over()) && self.goes_on() {}
    }

    fn until(&mut self, at: u64) {
        while self.now < at && self.goes_on() {}
    }

    fn goes_on(&mut self) -> bool {
        self.violations.is_empty() && self.turn()
    }

    /// The heap of the owner's daemon, of the first host's, and of the last one's.
    fn states(&mut self, heap: impl Fn() -> usize) -> State {
        let last = self.hosts.len() - 1;
        let mut held = |host: usize| {
            let daemon = self.hosts[host].daemon.take();
            let before = heap();
            drop(daemon);
            before.saturating_sub(heap())
        };
        let (owner, leaf) = (held(0), held(last));
        State { owner, leaf, relay: if last > 1 { held(1) } else { 0 } }
    }
}
