//! What front ends do, drawn as they go: commands of every kind, questions, attaching again.

use super::World;
use crate::check::bytes::Sink;
use crate::check::truth::CommandTruth;
use crate::pattern::Stream;
use crate::plan::MS;
use posse_wire::msg::{Directory, HostState, Pipe, Program, Spec, Target};
use posse_wire::{CommandId, Fd, HostId, Rank};
use std::collections::{BTreeMap, BTreeSet};

/// What a front end does at a time of its own.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Begin,
    Next,
    Consume { id: CommandId, rank: Rank, fd: Fd, upto: u64 },
    End { id: CommandId, signal: u8 },
    Follow { id: CommandId },
}

/// Longer than any host is looked for.
pub const GRACE_MS: u64 = 20_000;

/// A command at its front end.
#[derive(Debug)]
pub struct Run {
    pub id: CommandId,
    pub size: u32,
    pub window: u64,
    pub sinks: BTreeMap<(Rank, Fd), Sink>,
    pub over: Vec<bool>,
    /// Ranks whose host was not up, or not known, when it began.
    pub hopeless: BTreeSet<Rank>,
    pub stdin: Option<Feed>,
    /// Another daemon keeps the output; the end is told by `Done`.
    pub kept: bool,
    /// How slowly it is read.
    pub us_per_kib: u64,
    pub busy_until: u64,
    /// `| head`: no more wanted of a stream that brought so much.
    pub enough: u64,
}

/// The stdin of a command, duplicated to all of its processes.
#[derive(Debug)]
pub struct Feed {
    pub stream: Stream,
    pub total: u64,
    pub sent: u64,
    pub end_sent: bool,
    pub window: u64,
    /// A slow member does not hold up the others.
    pub spill: bool,
    pub members: BTreeMap<Rank, Member>,
}

#[derive(Debug, Default)]
pub struct Member {
    pub acked: u64,
    pub closed: bool,
    /// Left behind; it is served alone from here.
    pub behind: Option<u64>,
    pub end_sent: bool,
}

/// A detached command that somebody may attach to.
#[derive(Clone, Debug)]
pub struct Detached {
    pub host: usize,
    pub id: CommandId,
    pub size: u32,
    pub outs: Vec<Fd>,
    pub hopeless: BTreeSet<Rank>,
}

impl Run {
    /// One that follows kept output from its start.
    pub fn following(job: &Detached) -> Run {
        Run {
            id: job.id,
            size: job.size,
            window: u64::MAX / 2,
            sinks: sinks(job.id, job.size, &job.outs),
            over: vec![false; job.size as usize],
            hopeless: job.hopeless.clone(),
            stdin: None,
            kept: true,
            us_per_kib: 0,
            busy_until: 0,
            enough: u64::MAX,
        }
    }

    pub fn left(&self) -> usize {
        self.over.iter().filter(|over| !**over).count()
    }
}

fn sinks(id: CommandId, size: u32, outs: &[Fd]) -> BTreeMap<(Rank, Fd), Sink> {
    let sink =
        |rank: u32, fd: Fd| ((Rank(rank), fd), Sink::new(Stream::output(id, Rank(rank), fd)));
    (0..size).flat_map(|rank| outs.iter().map(move |fd| sink(rank, *fd))).collect()
}

impl World {
    /// Draws a command and what its front end will do with it.
    pub fn draw_run(&mut self, host: usize, id: CommandId) -> (Run, Spec, Vec<Target>) {
        let spec = self.draw_spec();
        let (targets, hopeless) = self.draw_targets(host);
        let size: u32 = targets.iter().map(|target| target.count).sum();
        let outs: Vec<Fd> =
            spec.pipes.iter().filter(|pipe| !pipe.input).map(|pipe| Fd(pipe.fd)).collect();
        let feeds = spec.pipes.iter().any(|pipe| pipe.input);
        let (window, input_window) = (u64::from(spec.window), u64::from(spec.input_window));
        let total = [0, 500, input_window, input_window * 3][self.chance.below(4) as usize];
        let total = self.chance.between(total / 2, total);
        let command = CommandTruth {
            input_window,
            grace_ms: spec.session_grace_ms,
            end_grace_ms: spec.end_grace_ms,
            stdin_total: feeds.then_some(total),
            ranks: BTreeMap::new(),
        };
        self.truth.commands.insert(id, command);
        let members = (0..size).map(|rank| (Rank(rank), Member::default())).collect();
        let stdin = feeds.then(|| Feed {
            stream: Stream::input(id),
            total,
            sent: 0,
            end_sent: false,
            window: input_window,
            spill: self.chance.percent(50),
            members,
        });
        let us_per_kib = match self.chance.below(10) {
            0 if window <= 4096 => 600 * MS / u64::from(size.max(1)),
            1 | 2 => 10 * MS / u64::from(size.max(1)),
            _ => 0,
        };
        let enough = if self.chance.percent(10) { self.chance.below(2 * window) } else { u64::MAX };
        let sinks = sinks(id, size, &outs);
        let over = vec![false; size as usize];
        let (kept, busy_until) = (false, 0);
        let run = Run {
            id,
            size,
            window,
            sinks,
            over,
            hopeless,
            stdin,
            kept,
            us_per_kib,
            busy_until,
            enough,
        };
        (run, spec, targets)
    }

    fn draw_spec(&mut self) -> Spec {
        let calm = self.plan.calm;
        let chance = &mut self.chance;
        let mut pipes = Vec::new();
        for (fd, percent) in [(0, 50), (1, 90), (2, 40), (5, 5)] {
            if if calm { fd == 1 || fd == 2 } else { chance.percent(percent) } {
                pipes.push(Pipe { fd, input: fd == 0 });
            }
        }
        Spec {
            program: Program::Shell("sim".into()),
            directory: Directory::Home,
            environment: Vec::new(),
            loads: vec![],
            umask: None,
            nice: 0,
            resource_limits: Vec::new(),
            terminal: None,
            pipes,
            window: [4096, 4096, 8192, 16384][chance.below(4) as usize],
            input_window: [4096, 8192, 16384][chance.below(3) as usize],
            timeout_ms: (!calm && chance.percent(10)).then(|| chance.below(3000)),
            end_grace_ms: chance.below(1000) as u32,
            session_grace_ms: if chance.percent(50) { chance.below(3000) } else { GRACE_MS },
            detached: !calm && chance.percent(20),
            parent: None,
            vm: "sim".into(),
            title: "sim".into(),
        }
    }

    /// All hosts, some, one; now and then one that nobody knows.
    fn draw_targets(&mut self, at: usize) -> (Vec<Target>, BTreeSet<Rank>) {
        let last = self.plan.hosts as u64;
        let percent =
            if self.plan.calm { 100 } else { [100, 50, 10][self.chance.below(3) as usize] };
        let per_host = if self.plan.hosts < 8 { self.chance.between(1, 3) as u32 } else { 1 };
        let mut hosts: Vec<u64> = (0..=last).filter(|_| self.chance.percent(percent)).collect();
        if hosts.is_empty() {
            hosts.push(at as u64);
        }
        if !self.plan.calm && self.chance.percent(5) {
            hosts.push(last + 7);
        }
        let mut first = 0;
        let mut hopeless = BTreeSet::new();
        let mut targets = Vec::new();
        for host in hosts {
            let host = HostId(host as u32);
            let owner = self.hosts[0].daemon.as_ref();
            let up = owner.is_some_and(|owner| owner.host_state(host) == Some(&HostState::Up));
            if at != 0 || !up {
                hopeless.extend((first..first + per_host).map(Rank));
            }
            targets.push(Target { host, first: Rank(first), count: per_host });
            first += per_host;
        }
        (targets, hopeless)
    }
}
