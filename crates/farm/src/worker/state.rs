//! The worker itself: what was handed to it, what runs, what has ended and is not taken.

use super::cores::{Cores, Topology};
use super::devices::{Devices, Share};
use crate::policy::{Terms, Unmet};
use crate::room::{Capacity, Room};
use crate::words::{Ended, Ending, Order, Report, Shape, Usage};
use crate::{Epoch, JobId, Lease, Needs, TaskSpec, limits};
use posse_wire::HostId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// An attempt at this host: its holder's host, and its lease there.
pub type Key = (HostId, Lease);

/// What a worker wants done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Bring inputs, start it, and say so by [`Worker::exited`] or [`Worker::not_started`].
    Start(Box<Start>),
    /// To all of the attempt's processes.
    Signal { key: Key, signal: Signal },
    /// To a holder; `epoch` is the one that is obeyed.
    Report { to: HostId, epoch: Epoch, report: Report },
    /// On what terms this host works from now on: to be observed, and told by [`Worker::mode`].
    Terms(Box<Terms>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    pub key: Key,
    pub spec: TaskSpec,
    /// To pin it to, if any are known: whole ones first.
    pub cores: Vec<u16>,
    pub gpus: Vec<Share>,
    /// From 1; no other running task of the job has it on this host.
    pub slot: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Terminate,
    Kill,
    Stop,
    Continue,
    /// The one by which it saves itself.
    Checkpoint(u8),
}

/// How a started attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Exit {
    pub ending: Ending,
    pub started_ms: u64,
    pub ran: Duration,
    pub usage: Usage,
    pub values: Vec<(String, String)>,
}

/// What the owner of a borrowed computer allows now.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Mode {
    #[default]
    Run,
    /// Nothing is started, and what runs is stopped.
    Suspend,
    /// What runs is ended, and goes elsewhere.
    Vacate,
}

/// Why a start did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocked {
    /// No descriptor, process or memory is left (EMFILE, ENFILE, EAGAIN, ENOMEM): later.
    Short,
    /// It can not be started here: 127 is said of it, with this reason.
    Never(String),
}

#[derive(Debug)]
pub struct Worker {
    pub(super) holders: BTreeMap<HostId, Known>,
    pub(super) queue: VecDeque<Queued>,
    pub(super) running: BTreeMap<Key, Running>,
    /// When something is to be done about a running attempt.
    pub(super) alarms: BTreeSet<(Duration, Key)>,
    pub(super) capacity: Capacity,
    pub(super) room: Room,
    /// What strangers use.
    pub(super) strangers: Needs,
    /// None: it is not known which there are, and nothing is pinned.
    pub(super) cores: Option<Cores>,
    pub(super) gpus: Devices,
    /// As many were found.
    pub(super) gpus_found: u16,
    pub(super) terms: Terms,
    pub(super) slots: BTreeMap<(HostId, JobId), BTreeSet<u32>>,
    pub(super) mode: Mode,
    /// Why it does not run, if it does not.
    pub(super) unmet: Option<Unmet>,
    /// For want of descriptors, nothing is started until then; how long the next wait is.
    pub(super) short: Option<(Duration, Duration)>,
    pub(super) out: Vec<Effect>,
}

/// What is known of a holder.
#[derive(Debug)]
pub(super) struct Known {
    pub epoch: Epoch,
    /// When it was last heard.
    pub heard: Duration,
    pub shapes: BTreeMap<(JobId, u32), Arc<Shape>>,
    /// Results that it has not taken.
    pub ended: BTreeMap<Lease, Ended>,
}

#[derive(Debug)]
pub(super) struct Queued {
    pub key: Key,
    pub shape: Arc<Shape>,
    pub kind: u16,
    pub values: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Running {
    pub task: Queued,
    pub cores: Vec<u16>,
    pub gpus: Vec<Share>,
    pub slot: u32,
    pub stage: Stage,
    pub alarm: Option<Duration>,
    /// Of its time limit, while it is suspended.
    pub left: Option<Duration>,
}

/// How far a running attempt is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Runs,
    /// It was asked to end, for this reason; at its alarm it is killed.
    Asked(Why),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    TimeLimit,
    /// Its holder does not want it.
    Unwanted,
    /// This computer is wanted back.
    Vacate,
    /// It took more memory than it may.
    Memory,
}

impl Worker {
    /// `topology` and `gpus` are to agree with `capacity`; without a topology nothing is pinned.
    pub fn new(capacity: Capacity, topology: Option<&Topology>, gpus: u16) -> Worker {
        Worker {
            holders: BTreeMap::new(),
            queue: VecDeque::new(),
            running: BTreeMap::new(),
            alarms: BTreeSet::new(),
            room: Room::of(&capacity),
            capacity,
            strangers: Needs { cores: 0, ..Needs::default() },
            cores: topology.map(Cores::of),
            gpus: Devices::of(gpus),
            gpus_found: gpus,
            terms: Terms::default(),
            slots: BTreeMap::new(),
            mode: Mode::Run,
            unmet: None,
            short: None,
            out: vec![],
        }
    }

    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.out)
    }

    /// Attempts that were started and have not ended.
    pub fn running(&self) -> impl Iterator<Item = Key> {
        self.running.keys().copied()
    }

    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// What it offers.
    pub fn capacity(&self) -> &Capacity {
        &self.capacity
    }

    /// A holder was heard after that.
    pub fn was_heard_since(&self, then: Duration) -> bool {
        self.holders.values().any(|known| known.heard >= then)
    }

    pub fn mode_now(&self) -> Mode {
        self.mode
    }

    pub(super) fn report(&mut self, to: HostId, report: Report) {
        let Some(known) = self.holders.get(&to) else { return };
        self.out.push(Effect::Report { to, epoch: known.epoch, report });
    }

    /// Results that no holder has taken.
    pub(super) fn untaken(&self) -> usize {
        self.holders.values().map(|known| known.ended.len()).sum()
    }

    /// Orders of a holder's life. Those of an earlier life than was heard of are dropped. Its
    /// host is the holder's name here.
    pub fn orders(&mut self, now: Duration, from: HostId, epoch: Epoch, orders: Vec<Order>) {
        if self.holders.len() >= limits::HOLDERS_MAX && !self.holders.contains_key(&from) {
            return;
        }
        let known = self.holders.entry(from).or_insert_with(|| Known {
            epoch,
            heard: now,
            shapes: BTreeMap::new(),
            ended: BTreeMap::new(),
        });
        if epoch < known.epoch {
            return;
        }
        if epoch > known.epoch {
            known.epoch = epoch;
            // Its next life tells them anew; what waits and runs has its own.
            known.shapes.clear();
        }
        known.heard = now;
        orders.into_iter().for_each(|order| self.order(now, from, order));
        self.start_next(now);
    }

    /// A holder was heard, without orders.
    pub fn heard(&mut self, now: Duration, from: HostId) {
        if let Some(known) = self.holders.get_mut(&from) {
            known.heard = now;
        }
    }
}
