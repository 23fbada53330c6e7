//! What voters say to each other: Raft's messages in our own form, and pieces of snapshots.
//! Encoded in postcard into the body of a frame; checked before `raft` sees it.

use super::types::{LogEntry, SnapshotMeta, VoterId};
use posse_wire::{WireError, limits};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct PeerMessage {
    pub epoch: u32,
    pub from: VoterId,
    pub to: VoterId,
    pub body: Body,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Raft(RaftMessage),
    /// A piece of the snapshot for which `Offer` follows; empty behind the last.
    Chunk {
        index: u64,
        chunk: u64,
        bytes: Vec<u8>,
    },
    /// The next piece that is wanted; the highest number there is: all are there.
    ChunkWanted {
        index: u64,
        chunk: u64,
    },
    /// The snapshot whose pieces went before, as Raft's message.
    Offer {
        meta: SnapshotMeta,
        message: RaftMessage,
    },
    /// Nothing of a lower epoch is listened to.
    Fenced,
}

/// The fields of a Raft message that are used.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct RaftMessage {
    pub kind: u8,
    pub term: u64,
    pub log_term: u64,
    pub index: u64,
    pub commit: u64,
    pub commit_term: u64,
    pub request_snapshot: u64,
    pub is_rejection: bool,
    pub reject_hint: u64,
    pub context: Vec<u8>,
    pub entries: Vec<LogEntry>,
}

impl PeerMessage {
    pub fn check(&self) -> Result<(), WireError> {
        match &self.body {
            Body::Raft(message) | Body::Offer { message, .. } => message.check(),
            Body::Chunk { bytes, .. } => {
                at_most("chunk", bytes.len(), limits::SNAPSHOT_CHUNK_BYTES_MAX)
            }
            Body::ChunkWanted { .. } | Body::Fenced => Ok(()),
        }
    }
}

impl RaftMessage {
    /// For people.
    pub fn name(&self) -> &'static str {
        const NAMES: [&str; 10] = [
            "Append",
            "AppendReply",
            "Vote?",
            "Vote",
            "Snapshot",
            "Heartbeat",
            "HeartbeatReply",
            "TakeOver",
            "PreVote?",
            "PreVote",
        ];
        NAMES.get(usize::from(self.kind)).copied().unwrap_or("unknown")
    }

    /// Entries, a heartbeat, a snapshot.
    pub fn is_of_leader(&self) -> bool {
        matches!(self.name(), "Append" | "Snapshot" | "Heartbeat")
    }

    fn check(&self) -> Result<(), WireError> {
        at_most("append", self.entries.len(), limits::APPEND_ENTRIES_MAX)?;
        let follows = |pair: &[LogEntry]| {
            pair[1].index == pair[0].index.wrapping_add(1) && pair[1].term >= pair[0].term
        };
        // Term 0 is that of no entry: `raft` takes it for the mark of one it lacks.
        let least = self.log_term.max(1);
        let first_fits = self
            .entries
            .first()
            .is_none_or(|first| first.index == self.index.wrapping_add(1) && first.term >= least);
        let in_order = first_fits && self.entries.windows(2).all(follows);
        let below = self.entries.last().is_none_or(|last| last.term <= self.term);
        if in_order && below { Ok(()) } else { Err(WireError::BadBody("append")) }
    }
}

fn at_most(kind: &'static str, count: usize, max: usize) -> Result<(), WireError> {
    if count <= max {
        return Ok(());
    }
    Err(WireError::TooMany { kind, count: count as u64, max: max as u64 })
}
