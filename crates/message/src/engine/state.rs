//! The engine: what it is made of, and what it can say of itself.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use posse_wire::ProcessId;

use super::error::Down;
use super::fetch::Fetch;
use super::held::{Held, Receiving, Sending};
use super::id::Finished;
use super::peer::Peer;
use super::timers::Timers;
use crate::buffers::Buffers;
use crate::limits::{
    BUFFER_BYTES, EAGER_BYTES_MAX, ENVELOPE_ALLOWANCES_BYTES_MAX, PAYLOAD_ALLOWANCES_BYTES_MAX,
    PEERS_MAX,
};
use crate::matching::Table;
use crate::session::Pool;
use crate::slab::{Key, Slab};

/// What a driver may choose.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Sent messages that may be held at a time, in bytes; a send beyond it is refused. One message
    /// may always be held, whatever its size.
    pub buffer_bytes: u64,
    /// Messages up to this travel with their envelope, at most `limits::EAGER_BYTES_MAX`.
    pub eager_bytes: usize,
    /// Whether `next_finished` tells of requests. A driver that asks for it must fetch it.
    pub announces: bool,
}

impl Default for Options {
    fn default() -> Self {
        let (buffer_bytes, eager_bytes) = (BUFFER_BYTES, EAGER_BYTES_MAX);
        Options { buffer_bytes, eager_bytes, announces: false }
    }
}

/// All that one process knows of messages. Every call returns at once. Times are since any moment
/// that stays the same, and never go back.
///
/// A driver calls [`handle`](Engine::handle) with each packet, [`tick`](Engine::tick) at
/// [`next_tick`](Engine::next_tick), and after either, and after what a face asked, sends what
/// [`outgoing`](Engine::outgoing) gives for as long as its queues have room.
#[derive(Debug)]
pub struct Engine {
    pub(super) me: ProcessId,
    pub(super) options: Options,
    pub(super) table: Table<Key, Key>,
    pub(super) sends: Slab<Sending>,
    pub(super) receives: Slab<Receiving>,
    pub(super) held: Slab<Held>,
    pub(super) peers: Slab<Peer>,
    pub(super) peer_keys: BTreeMap<ProcessId, Key>,
    pub(super) new_peers: VecDeque<ProcessId>,
    pub(super) down: BTreeMap<ProcessId, Down>,
    pub(super) down_order: VecDeque<ProcessId>,
    /// Peers that may have something to send, each once.
    pub(super) ready: VecDeque<Key>,
    /// How many peers have not acknowledged all.
    pub(super) behind: usize,
    pub(super) timers: Timers,
    pub(super) payload_pool: Pool,
    pub(super) envelope_pool: Pool,
    pub(super) early_bytes: usize,
    pub(super) buffered: u64,
    pub(super) own_number: u64,
    pub(super) fetches: VecDeque<Fetch>,
    pub(super) buffers: Buffers,
    pub(super) finished: VecDeque<Finished>,
}

impl Engine {
    /// Of the process `me`.
    pub fn new(me: ProcessId, options: Options) -> Engine {
        let eager_bytes = options.eager_bytes.min(EAGER_BYTES_MAX);
        Engine {
            me,
            options: Options { eager_bytes, ..options },
            table: Table::default(),
            sends: Slab::default(),
            receives: Slab::default(),
            held: Slab::default(),
            peers: Slab::default(),
            peer_keys: BTreeMap::new(),
            new_peers: VecDeque::new(),
            down: BTreeMap::new(),
            down_order: VecDeque::new(),
            ready: VecDeque::new(),
            behind: 0,
            timers: Timers::default(),
            payload_pool: Pool(PAYLOAD_ALLOWANCES_BYTES_MAX),
            envelope_pool: Pool(ENVELOPE_ALLOWANCES_BYTES_MAX),
            early_bytes: 0,
            buffered: 0,
            own_number: 0,
            fetches: VecDeque::new(),
            buffers: Buffers::default(),
            finished: VecDeque::new(),
        }
    }

    /// The same, with buffers that others use too.
    pub fn sharing(self, buffers: Buffers) -> Engine {
        Engine { buffers, ..self }
    }

    pub fn me(&self) -> ProcessId {
        self.me
    }

    /// What is held of messages that were sent, payload and `Envelope::cost`, in bytes: until it is
    /// acknowledged, or received where this process sent it to itself.
    pub fn buffered_bytes(&self) -> u64 {
        self.buffered
    }

    /// What has come too early and waits for a packet that was lost, in bytes.
    pub fn early_bytes(&self) -> usize {
        self.early_bytes
    }

    /// Messages that have arrived and that no receive has met.
    pub fn waiting_messages(&self) -> usize {
        self.held.len()
    }

    /// Sends and receives that the engine still keeps a record of.
    pub fn requests(&self) -> usize {
        self.sends.len() + self.receives.len()
    }

    /// Whether anything that was sent, or is to be sent, is not all at its receiver's process.
    pub fn has_undelivered(&self) -> bool {
        self.behind > 0
    }

    /// Whether this process would have to know if that one died: it has spoken to it, heard from
    /// it, or waits for it.
    pub fn is_interested(&self, peer: ProcessId) -> bool {
        self.peer_keys.contains_key(&peer)
    }

    /// All such peers.
    pub fn interests(&self) -> impl Iterator<Item = ProcessId> {
        self.peer_keys.keys().copied()
    }

    /// A peer that has become one since this was asked last. The driver lets its daemon watch it.
    pub fn next_interest(&mut self) -> Option<ProcessId> {
        self.new_peers.pop_front()
    }

    /// A request over which something was finished, if `Options::announces`.
    pub fn next_finished(&mut self) -> Option<Finished> {
        self.finished.pop_front()
    }

    pub(super) fn announce(&mut self, finished: Finished) {
        if self.options.announces {
            self.finished.push_back(finished);
        }
    }

    /// The peer of this id, made if there is none. `None` if there are too many.
    pub(super) fn peer(&mut self, id: ProcessId) -> Option<Key> {
        if let Some(key) = self.peer_keys.get(&id) {
            return Some(*key);
        }
        if self.peer_keys.len() >= PEERS_MAX {
            return None;
        }
        let key = self.peers.insert(Peer::new(id, self.options.eager_bytes));
        self.peer_keys.insert(id, key);
        self.new_peers.push_back(id);
        Some(key)
    }

    /// Something has changed of a peer: it may have something to send, and its time is another.
    pub(super) fn touch(&mut self, key: Key) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if !peer.is_paused && !std::mem::replace(&mut peer.is_listed, true) {
            self.ready.push_back(key);
        }
        self.count(key);
    }

    /// Takes account of what has changed of a peer.
    pub(super) fn count(&mut self, key: Key) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let (was_behind, is_behind) = (peer.is_behind, peer.has_undelivered());
        peer.is_behind = is_behind;
        self.behind = self.behind + usize::from(is_behind) - usize::from(was_behind);
        self.timers.set(key, peer.deadline());
    }

    /// When `tick` is to be called next, if nothing else happens.
    pub fn next_tick(&self) -> Option<Duration> {
        self.timers.earliest().map(|(time, _)| time)
    }
}
