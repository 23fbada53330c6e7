//! What a [`super::Node`] is told. Each comes with the time.

use super::peer::PeerMessage;
use super::types::VoterId;
use crate::state::{Proposal, Token};
use crate::voters::Change;

#[derive(Debug, Clone)]
pub enum Input {
    /// The time that [`super::Node::wake_at`] named has come.
    Tick,
    Peer(Box<PeerMessage>),
    /// Change something; answered once, by the token.
    Propose {
        token: Token,
        proposal: Proposal,
    },
    /// May look-ups be answered from this voter's state? Answered once, by the token.
    Read {
        token: Token,
    },
    /// All up to this [`super::Persist`] is durable.
    Persisted {
        number: u64,
    },
    /// It could not be written, and is tried again; said once until it succeeds.
    DiskFailed,
    /// A piece of the snapshot on disk, as asked for by [`super::Output::ReadSnapshot`]; empty
    /// behind the last.
    SnapshotRead {
        to: VoterId,
        index: u64,
        chunk: u64,
        bytes: Vec<u8>,
    },
    /// The snapshot that [`super::Output::WriteSnapshot`] asked for is durable, and so is the log
    /// that goes with it.
    SnapshotWritten {
        index: u64,
    },
    /// Or it could not be written; another will be asked for.
    SnapshotFailed,
    /// Other voters. Taken by a leader that has no change under way.
    Members(Change),
    /// Hand the lead over.
    Transfer(VoterId),
    /// The way to this one is broken.
    Unreachable(VoterId),
}
