//! One host: its worker, the processes that it runs, and whether what it does is allowed.

use super::chance::Chance;
use posse_farm::words::{Ending, Order, Report, Usage};
use posse_farm::worker::{
    Blocked, Effect, Exit, Key, Mode, Share, Signal, Start, Topology, Worker,
};
use posse_farm::{Capacity, Epoch, HostLife};
use posse_wire::{HostId, Incarnation};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

pub const HOLDER: HostId = HostId(0);

pub struct Machine {
    pub life: HostLife,
    pub capacity: Capacity,
    pub worker: Worker,
    pub processes: BTreeMap<Key, Process>,
    /// Frames on their way, while it is linked.
    pub down: VecDeque<(Epoch, Vec<Order>)>,
    pub up: VecDeque<Report>,
    pub linked: bool,
    topology: Topology,
}

pub struct Process {
    pub start: Start,
    stopped: bool,
    asked: Option<Signal>,
}

impl Machine {
    pub fn new(number: u32, chance: &mut Chance) -> Machine {
        let (first, second) = (1 + chance.below(3) as u16, chance.below(3) as u16);
        let nodes = vec![(0..first).collect(), (first..first + second).collect()];
        let capacity = Capacity {
            cores: u32::from(first + second) * 1000,
            memory: 8,
            gpus: chance.below(3) as u32 * 1000,
            named: vec![("disk".into(), 2000)],
        };
        let topology = Topology { nodes };
        let life = HostLife { host: HostId(number), incarnation: Incarnation(1) };
        let worker = Worker::new(capacity.clone(), Some(&topology), (capacity.gpus / 1000) as u16);
        Machine {
            life,
            capacity,
            worker,
            processes: BTreeMap::new(),
            down: VecDeque::new(),
            up: VecDeque::new(),
            linked: false,
            topology,
        }
    }

    /// It can run whatever a client submits.
    pub fn grow(&mut self) {
        self.capacity.cores = 4000;
        self.capacity.gpus = 2000;
        self.topology = Topology { nodes: vec![vec![0, 1, 2, 3]] };
        self.worker = Worker::new(self.capacity.clone(), Some(&self.topology), 2);
    }

    pub fn cut(&mut self) {
        self.linked = false;
        self.down.clear();
        self.up.clear();
    }

    /// Its daemon dies, and all processes with it; another one begins.
    pub fn restart(&mut self) {
        self.cut();
        self.processes.clear();
        self.life.incarnation.0 += 1;
        let gpus = (self.capacity.gpus / 1000) as u16;
        self.worker = Worker::new(self.capacity.clone(), Some(&self.topology), gpus);
    }

    pub fn carry_out(&mut self, now: Duration, chance: &mut Chance) {
        let mut effects: VecDeque<Effect> = self.worker.take_effects().into();
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Start(start) => self.start(now, *start, chance),
                Effect::Signal { key, signal } => self.signal(key, signal),
                Effect::Terms(_) => {}
                Effect::Report { to, report, .. } => {
                    assert_eq!(to, HOLDER);
                    if self.linked {
                        self.up.push_back(report);
                    }
                }
            }
            effects.extend(self.worker.take_effects());
        }
    }

    fn start(&mut self, now: Duration, start: Start, chance: &mut Chance) {
        let key = start.key;
        if chance.percent(3) {
            return self.worker.not_started(now, key, Blocked::Short);
        }
        let process = Process { start, stopped: false, asked: None };
        assert!(self.processes.insert(key, process).is_none(), "one lease was run twice");
        self.check_capacity();
    }

    /// Nobody has more than there is, and whole things belong to one.
    fn check_capacity(&self) {
        let starts = || self.processes.values().map(|process| &process.start);
        let needs = || starts().map(|start| &start.spec.needs);
        assert!(needs().map(|needs| needs.cores).sum::<u32>() <= self.capacity.cores);
        assert!(needs().map(|needs| needs.memory).sum::<u64>() <= self.capacity.memory);
        let named = needs().flat_map(|needs| &needs.named).map(|(_, n)| n).sum::<u32>();
        assert!(named <= 2000);
        let mut cores: BTreeMap<u16, u32> = BTreeMap::new();
        let mut gpus: BTreeMap<u16, u32> = BTreeMap::new();
        for start in starts() {
            let (mut left, needs) = (start.spec.needs.cores, &start.spec.needs);
            for core in &start.cores {
                *cores.entry(*core).or_default() += left.min(1000);
                left -= left.min(1000);
            }
            assert_eq!(left, 0);
            let total: u32 = start.gpus.iter().map(|share| share.thousandths).sum();
            assert_eq!(total, needs.gpus);
            for Share { device, thousandths } in &start.gpus {
                *gpus.entry(*device).or_default() += thousandths;
            }
        }
        assert!(cores.values().chain(gpus.values()).all(|used| *used <= 1000));
    }

    fn signal(&mut self, key: Key, signal: Signal) {
        let Some(process) = self.processes.get_mut(&key) else { return };
        match signal {
            Signal::Stop => process.stopped = true,
            Signal::Continue => process.stopped = false,
            other => process.asked = Some(other),
        }
    }

    /// One of its processes ends, by itself or as it was asked to.
    pub fn end_one(&mut self, now: Duration, chance: &mut Chance) {
        let able = self.processes.iter().filter(|(_, process)| !process.stopped);
        let able: Vec<Key> = able.map(|(key, _)| *key).collect();
        if able.is_empty() {
            return;
        }
        let key = chance.one(&able);
        let process = self.processes.remove(&key).unwrap();
        let ending = match process.asked {
            Some(Signal::Checkpoint(_)) if chance.percent(70) => Ending::Exited(85),
            Some(_) if chance.percent(80) => Ending::Signalled(15),
            _ => ending_of(&process.start),
        };
        let ran = Duration::from_millis(1 + chance.below(50));
        let values = vec![("attempt".to_string(), key.1.attempt.to_string())];
        let exit = Exit { ending, started_ms: 1, ran, usage: Usage::default(), values };
        self.worker.exited(now, key, exit);
    }

    pub fn mode(&mut self, now: Duration, mode: Mode) {
        self.worker.mode(now, mode, None);
    }
}

/// A task's behaviour is in its first value.
fn ending_of(start: &Start) -> Ending {
    let posse_farm::Program::Argv(words) = &start.spec.program else { panic!("no argv") };
    match words[1].as_str() {
        "fails" => Ending::Exited(3),
        "flaky" if start.key.1.attempt.is_multiple_of(2) => Ending::Exited(75),
        _ => Ending::Exited(0),
    }
}
