//! The wrapper around `raft`'s `RawNode`: time, chance, and the loop that empties it. What comes
//! from whom is in `node/`. Called by the daemon and by `sim`.

mod apply;
mod asked;
mod heard;
mod ready;
mod ticks;

use super::input::Input;
use super::output::Output;
use super::pending::Pending;
use super::persist::Persists;
use super::snapshot::{Incoming, Outgoing};
use super::store::Store;
use super::translate;
use super::types::{Hard, LogEntry, Matter, SnapshotMeta, VoterId};
use crate::limits;
use crate::state::{Cursor, State};
use raft::eraftpb::Entry;
use raft::{RawNode, ReadOnlyOption, StateRole};
use std::collections::{BTreeMap, VecDeque};

/// Microseconds of a clock that goes on while the host sleeps.
pub type Time = u64;

#[derive(Debug, Clone)]
pub struct Config {
    pub me: VoterId,
    /// Entropy, drawn by the caller: decides when this one stands for election.
    pub chance: u64,
    /// A snapshot is due after so many entries: `limits::LOG_ENTRIES_MAX`, less where it is to be
    /// seen more often.
    pub snapshot_after: u64,
}

/// What a voter has on disk.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    pub meta: SnapshotMeta,
    pub state: State,
    pub hard: Hard,
    pub entries: Vec<LogEntry>,
}

/// A follower that is so many entries behind at most is as good as up to date.
const NEAR: u64 = 128;

pub struct Node {
    me: VoterId,
    chance: u64,
    snapshot_after: u64,
    draws: u64,
    drawn: usize,
    drawn_for: Option<(u64, StateRole)>,
    raw: RawNode<Store>,
    state: State,
    epoch: u32,
    now: Time,
    ticked: Time,
    wake: Time,
    persists: Persists,
    pending: Pending,
    to_apply: VecDeque<Entry>,
    /// What is being written to disk; nothing is applied meanwhile.
    writing: Option<(SnapshotMeta, Cursor)>,
    outgoing: BTreeMap<VoterId, Outgoing>,
    incoming: Incoming,
    last_leader: Option<VoterId>,
    is_disk_failed: bool,
    fenced: Option<u32>,
    is_damaged: bool,
    out: Vec<Output>,
}

/// Why a voter can not start with what it has.
#[derive(Debug, thiserror::Error)]
#[error("the kept log of the control state can not be used: {0}")]
pub struct StartError(String);

impl Node {
    /// From what is on disk; [`Stored::default`], written to disk like any other, for one that
    /// will follow and has nothing yet.
    pub fn new(config: &Config, stored: Stored, now: Time) -> Result<Node, StartError> {
        let Stored { meta, state, hard, entries } = stored;
        let mut store = Store::default();
        store.start_at(&meta);
        store.began = translate::conf_state(&meta.members);
        let entries: Vec<Entry> =
            behind(&meta, &entries)?.iter().map(translate::to_entry).collect();
        store.append(&entries);
        let commit = hard.commit.clamp(meta.index, store.last());
        store.hard = translate::to_hard(&Hard { commit, ..hard });
        let raw = RawNode::new(&raft_config(config.me, meta.index), store, &silent())
            .map_err(|error| StartError(error.to_string()))?;
        let mut node = Node {
            me: config.me,
            chance: config.chance,
            snapshot_after: config.snapshot_after,
            draws: 0,
            drawn: limits::ELECTION_TICKS_MIN,
            drawn_for: None,
            raw,
            epoch: state.epoch,
            state,
            now,
            ticked: now,
            wake: now,
            persists: Persists::default(),
            pending: Pending::default(),
            to_apply: VecDeque::new(),
            writing: None,
            outgoing: BTreeMap::new(),
            incoming: Incoming::default(),
            last_leader: None,
            is_disk_failed: false,
            fenced: None,
            is_damaged: false,
            out: vec![],
        };
        node.draw();
        node.wake = node.next_wake();
        if node.state.members.voters == [node.me] && !node.state.members.is_changing() {
            // Nobody else could lead: no time is waited for. Not now where it has yet to apply
            // who votes; then its time comes as for others.
            let _not_now = node.raw.campaign();
            node.draw();
            node.wake = now;
        }
        Ok(node)
    }

    pub fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        self.catch_up(now);
        match input {
            Input::Tick => {}
            Input::Propose { token, proposal } => self.propose(token, &proposal),
            Input::Read { token } => self.read(token),
            _ if self.is_out() => {}
            Input::Peer(message) => self.heard(*message),
            Input::Persisted { number } => self.persisted(number),
            Input::DiskFailed => self.disk_failed(),
            Input::SnapshotRead { to, index, chunk, bytes } => {
                self.snapshot_read(to, index, chunk, bytes);
            }
            Input::SnapshotWritten { index } => self.snapshot_written(index),
            Input::SnapshotFailed => self.writing = None,
            Input::Members(change) => self.change_members(&change),
            Input::Transfer(to) => self.raw.transfer_leader(to.number()),
            Input::Unreachable(peer) => self.raw.report_unreachable(peer.number()),
        }
        self.drive();
        self.wake = self.next_wake();
        std::mem::take(&mut self.out)
    }

    /// When to come back with a `Tick` at the latest.
    pub fn wake_at(&self) -> Time {
        self.wake
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn me(&self) -> VoterId {
        self.me
    }

    /// The highest that is known.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub fn term(&self) -> u64 {
        self.raw.raft.term
    }

    pub fn is_leader(&self) -> bool {
        self.raw.raft.state == StateRole::Leader && !self.is_out()
    }

    pub fn leader(&self) -> Option<VoterId> {
        VoterId::from_number(self.raw.raft.leader_id)
    }

    /// The last that was heard of.
    pub fn last_leader(&self) -> Option<VoterId> {
        self.last_leader
    }

    /// For the leader: is this follower as good as up to date?
    pub fn has_caught_up(&self, follower: VoterId) -> bool {
        let progress = self.raw.raft.prs().get(follower.number());
        let near = self.raw.raft.raft_log.committed.saturating_sub(NEAR);
        progress.is_some_and(|p| p.matched > 0 && p.matched >= near)
    }

    /// The next piece of the state for the snapshot that is being written.
    pub fn snapshot_chunk(&mut self) -> Option<Vec<u8>> {
        let (_, cursor) = self.writing.as_mut()?;
        self.state.chunk(cursor)
    }

    /// What the log of a new generation holds, behind the snapshot that is being written.
    pub fn log(&self) -> (Hard, Vec<LogEntry>) {
        let store = self.raw.store();
        let first = self.writing.as_ref().map_or(store.snapshot.index, |(meta, _)| meta.index);
        let behind = store.entries.iter().filter(|entry| entry.index > first);
        (store.hard(), behind.map(translate::from_entry).collect())
    }

    /// The one member there is.
    fn is_alone(&self) -> bool {
        self.state.members.all().count() == 1
    }

    fn is_out(&self) -> bool {
        self.is_damaged || self.fenced.is_some()
    }

    /// Until `raft` has nothing more to say.
    fn drive(&mut self) {
        while !self.is_out() {
            self.ask_round();
            self.apply_committed();
            self.draw();
            if !self.raw.has_ready() {
                break;
            }
            self.take_ready();
        }
    }
}

/// The entries that the snapshot does not hold, which must follow it without a gap.
fn behind<'a>(meta: &SnapshotMeta, entries: &'a [LogEntry]) -> Result<&'a [LogEntry], StartError> {
    let skip = entries.iter().take_while(|entry| entry.index <= meta.index).count();
    let entries = &entries[skip..];
    for (wanted, entry) in (meta.index + 1..).zip(entries) {
        if entry.index != wanted {
            let what = format!("entry {} follows {}", entry.index, wanted - 1);
            return Err(StartError(what));
        }
    }
    Ok(entries)
}

fn raft_config(me: VoterId, applied: u64) -> raft::Config {
    raft::Config {
        id: me.number(),
        applied,
        election_tick: limits::ELECTION_TICKS_MIN,
        min_election_tick: limits::ELECTION_TICKS_MIN,
        max_election_tick: limits::ELECTION_TICKS_MAX,
        heartbeat_tick: limits::HEARTBEAT_TICKS,
        max_size_per_msg: posse_wire::limits::APPEND_BYTES_MAX as u64,
        max_inflight_msgs: limits::INFLIGHT_MAX,
        max_uncommitted_size: limits::UNCOMMITTED_BYTES_MAX,
        max_committed_size_per_ready: limits::APPLY_BYTES_MAX,
        // A cut-off minority neither leads on nor disturbs when it is back.
        check_quorum: true,
        pre_vote: true,
        // Leases would trust clocks.
        read_only_option: ReadOnlyOption::Safe,
        ..raft::Config::default()
    }
}

/// `raft` wants to log; what matters comes out as `Output`.
fn silent() -> slog::Logger {
    slog::Logger::root(slog::Discard, slog::o!())
}

impl Stored {
    /// How many commands are in the log behind this index: what a fenced leader did alone.
    pub fn commands_behind(&self, index: u64) -> usize {
        let is_command = |entry: &&LogEntry| matches!(entry.matter, Matter::Command(_));
        self.entries.iter().filter(|entry| entry.index > index).filter(is_command).count()
    }
}
