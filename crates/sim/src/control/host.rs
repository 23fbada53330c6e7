//! One host: its voter, its disk, its clock, whether it runs.

use super::disk::Disk;
use posse_control::consensus::{Hard, Node, VoterId};
use posse_wire::{HostId, Incarnation};
use std::collections::BTreeMap;

pub struct Host {
    pub number: usize,
    pub node: Option<Node>,
    pub disk: Disk,
    /// The incarnation in which its log began.
    pub born: u32,
    /// Grows with each crash: what was under way before is not for this life.
    pub life: u64,
    pub changed_at: u64,
    pub paused_until: u64,
    pub crash_on_vote: Option<u64>,
    pub sync_us: Option<u64>,
    /// Behind it by so much, and so fast, in thousandths.
    pub clock: (u64, u64),
    pub wake: u64,
    /// Pieces of the leader's snapshot, not durable yet.
    pub incoming: (u64, Vec<Vec<u8>>),
    /// Who waits for this host's answer, since when.
    pub asked: BTreeMap<u64, u64>,
    /// What it has asked its disk to keep, by the number of the write.
    pub promises: Vec<(u64, Hard)>,
    /// The last of them that others may rely on.
    pub promised: Hard,
}

impl Host {
    pub fn new(number: usize, clock: (u64, u64)) -> Self {
        Host {
            number,
            node: None,
            disk: Disk::default(),
            born: 1,
            life: 1,
            changed_at: 0,
            paused_until: 0,
            crash_on_vote: None,
            sync_us: None,
            clock,
            wake: 0,
            incoming: (0, vec![]),
            asked: BTreeMap::new(),
            promises: vec![],
            promised: Hard::default(),
        }
    }

    pub fn id(&self) -> VoterId {
        VoterId::new(HostId(self.number as u32), Incarnation(self.born))
    }

    pub fn is_up(&self) -> bool {
        self.node.is_some()
    }

    /// What its clock says.
    pub fn local(&self, now: u64) -> u64 {
        self.clock.0 + now / 1_000 * self.clock.1 + now % 1_000 * self.clock.1 / 1_000
    }

    /// When its clock will say so; a moment late rather than early.
    pub fn world(&self, local: u64) -> u64 {
        local.saturating_sub(self.clock.0) * 1_000 / self.clock.1 + 2
    }

    pub fn leads(&self) -> bool {
        self.node.as_ref().is_some_and(Node::is_leader)
    }
}
