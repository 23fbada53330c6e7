//! The nouns of the log: voters, memberships, entries, hard states. What is sent and what is
//! written is made of them; `translate` turns them into the `raft` crate's.

use posse_wire::{HostId, Incarnation};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A log on a disk: the host, and the incarnation in which that log began. A host that lost its
/// log is another voter, since it has forgotten what it promised.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct VoterId {
    pub host: HostId,
    pub born: Incarnation,
}

impl VoterId {
    pub fn new(host: HostId, born: Incarnation) -> Self {
        VoterId { host, born }
    }

    /// Incarnations begin at 1, so this is never zero, which Raft keeps for nobody.
    pub(super) fn number(self) -> u64 {
        u64::from(self.host.0) << 32 | u64::from(self.born.0)
    }

    pub(super) fn from_number(number: u64) -> Option<Self> {
        let id = VoterId::new(HostId((number >> 32) as u32), Incarnation(number as u32));
        (number != 0).then_some(id)
    }
}

impl fmt::Display for VoterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.host, self.born.0)
    }
}

/// Who votes and who follows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug, Default)]
pub struct Membership {
    pub voters: Vec<VoterId>,
    pub learners: Vec<VoterId>,
    /// While several voters change at once: the set before. Both majorities count.
    pub outgoing: Vec<VoterId>,
    /// Voters of the set before that will follow.
    pub learners_next: Vec<VoterId>,
}

impl Membership {
    pub fn of_one(voter: VoterId) -> Self {
        Membership { voters: vec![voter], ..Membership::default() }
    }

    pub fn is_voter(&self, id: VoterId) -> bool {
        self.voters.contains(&id) || self.outgoing.contains(&id)
    }

    /// All that hold the state.
    pub fn all(&self) -> impl Iterator<Item = VoterId> {
        let lists = [&self.voters, &self.learners, &self.outgoing, &self.learners_next];
        lists.into_iter().flatten().copied()
    }

    /// Those that vote now and will: while several change at once, the majority of the set before
    /// counts too, so who is new is none yet.
    pub fn settled(&self) -> impl Iterator<Item = VoterId> {
        let stays = |id: &&VoterId| !self.is_changing() || self.outgoing.contains(id);
        self.voters.iter().filter(stays).copied()
    }

    pub fn is_changing(&self) -> bool {
        !self.outgoing.is_empty()
    }
}

/// What one entry of the log is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub enum Matter {
    /// The first entry of a new leader.
    Nothing,
    /// An encoded [`crate::state::Proposal`].
    Command(Vec<u8>),
    /// Other voters; several at once go by way of both majorities.
    Members(crate::voters::Change),
    /// The end of such a way.
    Settled,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct LogEntry {
    pub term: u64,
    pub index: u64,
    pub matter: Matter,
}

/// What must not be forgotten beside the entries.
#[derive(Copy, Clone, PartialEq, Eq, Serialize, Deserialize, Debug, Default)]
pub struct Hard {
    pub term: u64,
    pub vote: Option<VoterId>,
    pub commit: u64,
}

/// What a snapshot stands for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug, Default)]
pub struct SnapshotMeta {
    pub epoch: u32,
    pub index: u64,
    pub term: u64,
    pub members: Membership,
}
