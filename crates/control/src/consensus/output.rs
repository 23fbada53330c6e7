//! What a [`super::Node`] wants done.

use super::error::Refused;
use super::peer::PeerMessage;
use super::types::{Hard, LogEntry, SnapshotMeta, VoterId};
use crate::state::{Answer, Change, Token};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Messages between voters may be lost, doubled and reordered.
    Send(Box<PeerMessage>),
    Persist(Persist),
    Answer {
        token: Token,
        result: Result<Answer, Refused>,
    },
    /// The state as it is now holds all that was answered before the question came.
    Readable {
        token: Token,
        result: Result<(), Refused>,
    },
    Changed(Vec<Change>),
    /// The state was replaced as a whole: whoever watches looks again.
    Replaced,
    Leader {
        leader: Option<VoterId>,
        term: u64,
    },
    /// Write the state to disk: [`super::Node::snapshot_chunk`] until it is over. Nothing is
    /// applied meanwhile. Then begin the log that goes with it with [`super::Node::log`], which
    /// holds every `Persist` said so far: those still waiting are done with it. When both files
    /// are durable under their names, say `SnapshotWritten`. If a `Persist` with a snapshot has
    /// come meanwhile, this one is of the past and is dropped.
    WriteSnapshot(SnapshotMeta),
    /// A piece of a snapshot from the leader. The first (0) begins a new file. Not durable before
    /// the `Persist` that names it.
    StoreChunk {
        index: u64,
        chunk: u64,
        bytes: Vec<u8>,
    },
    /// For this follower.
    ReadSnapshot {
        to: VoterId,
        index: u64,
        chunk: u64,
    },
    /// Others have gone on without this one.
    Fenced {
        epoch: u32,
    },
    /// What this voter had acknowledged is gone from its disk; it takes part no more.
    Damaged {
        why: String,
    },
}

/// To be written in the order of the numbers, then told as `Persisted`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persist {
    pub number: u64,
    /// The chunks stored for it are a snapshot now, and what was in the log is gone.
    pub snapshot: Option<SnapshotMeta>,
    pub entries: Vec<LogEntry>,
    pub hard: Option<Hard>,
    /// False where fsync may wait for the next.
    pub must_sync: bool,
}
