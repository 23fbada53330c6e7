//! The log in memory, as `raft` reads it. Holds what lies behind the last snapshot and a trail
//! before it; bounded, since a snapshot is written whenever it has grown enough.
//!
//! Not durable: what is, `persist` knows. Called by `node` and by the `raft` crate.

use super::types::{Hard, SnapshotMeta};
use crate::limits;
use raft::eraftpb::{ConfState, Entry, EntryType, HardState, Snapshot};
use raft::{GetEntriesContext, RaftState, Storage, StorageError};
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Store {
    /// Just before the first entry.
    pub before: (u64, u64),
    pub entries: VecDeque<Entry>,
    pub bytes: u64,
    pub hard: HardState,
    /// What this voter began with.
    pub began: ConfState,
    /// The last that is on disk.
    pub snapshot: SnapshotMeta,
}

/// In memory and on the wire, about.
pub(super) fn weight(entry: &Entry) -> u64 {
    (entry.data.len() + entry.context.len() + 32) as u64
}

impl Store {
    pub fn last(&self) -> u64 {
        self.before.0 + self.entries.len() as u64
    }

    pub fn append(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        while self.last() >= first.index && self.entries.pop_back().is_some() {}
        self.entries.extend(entries.iter().cloned());
        self.bytes = self.entries.iter().map(weight).sum();
    }

    /// Nothing before it is known any more.
    pub fn start_at(&mut self, meta: &SnapshotMeta) {
        self.entries.clear();
        self.bytes = 0;
        self.before = (meta.index, meta.term);
        self.snapshot = meta.clone();
    }

    /// What lies so far behind the snapshot goes, or more if it is much.
    pub fn compact(&mut self, trail: u64) {
        let upto = self.snapshot.index.saturating_sub(trail);
        while (self.before.0 < upto || self.bytes > limits::LOG_BYTES_MAX / 2)
            && self.before.0 < self.snapshot.index
            && let Some(entry) = self.entries.pop_front()
        {
            self.before = (entry.index, entry.term);
            self.bytes -= weight(&entry).min(self.bytes);
        }
    }

    /// Of the entries that are not in the snapshot.
    pub fn grown(&self) -> u64 {
        self.last().saturating_sub(self.snapshot.index)
    }

    pub fn hard(&self) -> Hard {
        super::translate::hard(&self.hard)
    }
}

impl Storage for Store {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(RaftState::new(self.hard.clone(), self.began.clone()))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        if low <= self.before.0 {
            return Err(raft::Error::Store(StorageError::Compacted));
        }
        let most = max_size.into().unwrap_or(u64::MAX);
        let (skip, count) = (low - self.before.0 - 1, high.saturating_sub(low));
        let mut bytes = 0;
        let all = self.entries.iter().skip(skip as usize).take(count as usize);
        let fits = |entry: &&Entry| {
            let is_first = bytes == 0;
            bytes += weight(entry);
            is_first || bytes <= most
        };
        Ok(all.take_while(fits).cloned().collect())
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        if index == self.before.0 {
            return Ok(self.before.1);
        }
        if index < self.before.0 {
            return Err(raft::Error::Store(StorageError::Compacted));
        }
        let entry = self.entries.get((index - self.before.0 - 1) as usize);
        entry.map(|entry| entry.term).ok_or(raft::Error::Store(StorageError::Unavailable))
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.before.0 + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last())
    }

    fn snapshot(&self, request_index: u64, to: u64) -> raft::Result<Snapshot> {
        // `raft` refuses a snapshot whose members do not name its receiver.
        let names = self.snapshot.members.all().any(|id| id.number() == to);
        if self.snapshot.index < request_index || self.snapshot.index == 0 || !names {
            return Err(raft::Error::Store(StorageError::SnapshotTemporarilyUnavailable));
        }
        Ok(super::translate::snapshot(&self.snapshot))
    }
}

/// Whether this entry changes who votes.
pub(super) fn is_of_members(entry: &Entry) -> bool {
    entry.get_entry_type() != EntryType::EntryNormal
}
