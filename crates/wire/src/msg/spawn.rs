//! Starting processes, and how they ended.

use super::load::{self, Load};
use crate::message::at_most;
use crate::{HostId, Kind, Message, Outcome, ProcessId, Rank, WireError, limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Start a command. A daemon keeps its own targets and sends the rest on, split by link; `spec`
/// is encoded once at the front end and never re-encoded on the way.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Spawn {
    /// How many processes the whole command has.
    pub size: u32,
    pub targets: Vec<Target>,
    /// A [`Spec`] in postcard.
    pub spec: Vec<u8>,
    /// These processes were started before the link to them was lost: nothing is started, their
    /// streams go on from what was acknowledged, and their exits are said again.
    pub again: bool,
    /// With `again`, of a detached command, and not zero: no earlier acknowledgement counts, only
    /// those that follow. Whoever asks so has lost what it knew, or never had it; the number is one
    /// of its own, by which it knows the answer.
    pub anew: u32,
    /// Nothing in what a front end sends.
    pub origin: Origin,
}

/// What is said on the way down of a detached command: enough for any of its hosts to offer it to
/// another root, should that at its origin be lost.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Its number where it was typed.
    pub number: u32,
    /// Its processes on the host where it was typed, which only that one could speak for.
    pub targets: Vec<Target>,
}

/// A detached command whose way up was lost, said to a root that may not know it.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// How many processes the whole command has.
    pub size: u32,
    /// A [`Spec`] in postcard.
    pub spec: Vec<u8>,
    /// Those that run or ran on the sender, and below it as far as it carried them.
    pub targets: Vec<Target>,
    pub origin: Origin,
}

/// The ranks `first..first + count` run on `host`.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub host: HostId,
    pub first: Rank,
    pub count: u32,
}

/// What every process of a command has in common.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub program: Program,
    pub directory: Directory,
    /// Added to the environment of the host's daemon, in order; a later one wins.
    pub environment: Vec<(String, String)>,
    /// Run once per host in one login shell, in order; what they change in the environment is
    /// added first (`posse env --load`).
    pub loads: Vec<Load>,
    pub umask: Option<u32>,
    pub nice: i32,
    pub resource_limits: Vec<ResourceLimit>,
    /// Give each process a terminal of its own of this size.
    pub terminal: Option<WindowSize>,
    /// Streams that are carried; a descriptor 0 to 2 not named here is /dev/null.
    pub pipes: Vec<Pipe>,
    /// What each output stream may have unacknowledged, in bytes.
    pub window: u32,
    /// What each input stream may have unacknowledged, in bytes.
    pub input_window: u32,
    pub timeout_ms: Option<u64>,
    /// From the polite signal to SIGKILL when it is ended.
    pub end_grace_ms: u32,
    /// How long it outlives the loss of its front end's host.
    pub session_grace_ms: u64,
    /// It outlives its front end; its output is kept by the origin daemon, and by each host's that
    /// of its own processes.
    pub detached: bool,
    /// The process that has them started, where that is one.
    pub parent: Option<ProcessId>,
    /// Name of the vm, for `POSSE_VM`.
    pub vm: String,
    /// What the person typed, for `posse ps`.
    pub title: String,
}

/// What is started.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// An argument vector; no shell is involved.
    Argv(Vec<String>),
    /// One string for `/bin/sh -c`.
    Shell(String),
    /// The posse binary of that host with these arguments.
    Own(Vec<String>),
    /// The user's login shell, as `ssh host` starts it.
    LoginShell,
}

/// Where a process starts.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Directory {
    Home,
    /// Below the home directory of the user on that host; an error if absent.
    BelowHome(String),
    /// An absolute path; an error if absent.
    Path(String),
}

/// A carried stream: a pipe at this descriptor of the process.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipe {
    pub fd: u16,
    /// True where the process reads from it.
    pub input: bool,
}

/// As setrlimit(2): `name` without its `RLIMIT_`, in lower case; `None` is unlimited.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct ResourceLimit {
    pub name: String,
    pub soft: Option<u64>,
    pub hard: Option<u64>,
}

/// Size of a terminal in characters.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSize {
    pub rows: u16,
    pub columns: u16,
}

/// A process is over, or will never be.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// One process, or the ranks `rank..rank + count` that share a fate.
    pub rank: Rank,
    pub count: u32,
    pub status: Status,
    /// From start to end on its host.
    pub elapsed_us: u64,
}

/// How a process ended.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Exited(u8),
    /// Killed by this signal.
    Signaled(u8),
    /// Could not be started: NotDone.
    NotStarted {
        why: String,
    },
    /// Ended because its time was over.
    TimedOut,
    /// The host, or the way to it, was lost.
    Lost {
        why: String,
        outcome: Outcome,
    },
}

impl Status {
    /// As a shell says it: 128+signal, 124 as timeout(1), 127/126 where it could not be started,
    /// 255 for a lost host as ssh(1).
    pub fn code(&self) -> u8 {
        match self {
            Status::Exited(code) => *code,
            Status::Signaled(signal) => 128u8.saturating_add(*signal),
            Status::NotStarted { why } if why.contains("not found") => 127,
            Status::NotStarted { .. } => 126,
            Status::TimedOut => 124,
            Status::Lost { .. } => 255,
        }
    }
}

impl Message for Spawn {
    const KIND: Kind = Kind::Spawn;

    fn check(&self) -> Result<(), WireError> {
        check_targets(Kind::Spawn, self.size, &self.targets)?;
        check_targets(Kind::Spawn, self.size, &self.origin.targets)
    }
}

impl Message for Offer {
    const KIND: Kind = Kind::Offer;

    fn check(&self) -> Result<(), WireError> {
        check_targets(Kind::Offer, self.size, &self.targets)?;
        check_targets(Kind::Offer, self.size, &self.origin.targets)
    }
}

/// Ranks lie within the command and belong to one host each; no host has more than it may.
fn check_targets(kind: Kind, size: u32, targets: &[Target]) -> Result<(), WireError> {
    at_most(kind, targets.len(), limits::TARGETS_MAX)?;
    let mut per_host: BTreeMap<HostId, usize> = BTreeMap::new();
    for target in targets {
        *per_host.entry(target.host).or_default() += target.count as usize;
    }
    let most = per_host.into_values().max().unwrap_or(0);
    at_most(kind, most, limits::PER_HOST_MAX as usize)?;
    let mut ranks: Vec<(u32, u32)> =
        targets.iter().map(|target| (target.first.0, target.count)).collect();
    ranks.sort_unstable();
    let mut free = 0;
    for (first, count) in ranks {
        let end = first.checked_add(count).filter(|end| *end <= size);
        match end {
            Some(end) if first >= free && count > 0 => free = end,
            _ => return Err(WireError::BadBody(kind.name())),
        }
    }
    Ok(())
}

impl Message for Exit {
    const KIND: Kind = Kind::Exit;

    fn check(&self) -> Result<(), WireError> {
        let bad = self.count == 0 || self.rank.0.checked_add(self.count).is_none();
        if bad { Err(WireError::BadBody(Kind::Exit.name())) } else { Ok(()) }
    }
}

impl Spec {
    pub fn encode(&self) -> Vec<u8> {
        // Serialising to a growing Vec has no failing case for this type.
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// What is loaded on this host, in order.
    pub fn loads_on(&self, host: HostId) -> Vec<&str> {
        let chosen = self.loads.iter().filter(|load| load.hosts.contains(host));
        chosen.map(|load| load.text.as_str()).collect()
    }

    pub fn decode(bytes: &[u8]) -> Result<Spec, WireError> {
        let bad = WireError::BadBody(Kind::Spawn.name());
        let (mut spec, rest): (Spec, &[u8]) =
            postcard::take_from_bytes(bytes).map_err(|_| bad.clone())?;
        if !rest.is_empty() {
            return Err(bad);
        }
        at_most(Kind::Spawn, spec.pipes.len(), limits::PIPES_MAX)?;
        load::check(&spec.loads)?;
        spec.window = spec.window.clamp(limits::WINDOW_BYTES_MIN, limits::WINDOW_BYTES_MAX);
        spec.input_window =
            spec.input_window.clamp(limits::WINDOW_BYTES_MIN, limits::STDIN_WINDOW_BYTES);
        Ok(spec)
    }
}
