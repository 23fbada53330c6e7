//! Snapshots on their way between voters: one piece at a time, asked for by who receives it, so
//! that neither side holds more than a piece and a lost message costs a second.
//! Called by `node`.

use super::node::Time;
use super::peer::RaftMessage;
use super::types::SnapshotMeta;
use crate::limits;
use crate::state::{Loader, State};

const AGAIN: Time = limits::CHUNK_AGAIN_AFTER.as_micros() as u64;
const GIVE_UP: Time = limits::SNAPSHOT_GIVE_UP_AFTER.as_micros() as u64;

/// The piece that is wanted by who has them all.
pub(super) const NONE: u64 = u64::MAX;

/// To one follower.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub meta: SnapshotMeta,
    pub message: RaftMessage,
    pub chunk: u64,
    pub sent: Time,
    pub heard: Time,
}

impl Outgoing {
    pub fn new(meta: SnapshotMeta, message: RaftMessage, now: Time) -> Self {
        Outgoing { meta, message, chunk: 0, sent: now, heard: now }
    }

    pub fn is_due(&self, now: Time) -> bool {
        now >= self.sent + AGAIN
    }

    pub fn is_hopeless(&self, now: Time) -> bool {
        now >= self.heard + GIVE_UP
    }

    pub fn is_received(&self) -> bool {
        self.chunk == NONE
    }
}

/// From the leader.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pub index: u64,
    pub wanted: u64,
    loader: Loader,
    pub whole: Option<State>,
}

impl Incoming {
    pub fn of(index: u64) -> Self {
        Incoming { index, ..Incoming::default() }
    }

    /// True if the piece is the one that was wanted, and good.
    pub fn push(&mut self, chunk: u64, bytes: &[u8]) -> Result<bool, crate::state::StateError> {
        if chunk != self.wanted || self.whole.is_some() {
            return Ok(false);
        }
        if bytes.is_empty() {
            self.whole = Some(std::mem::take(&mut self.loader).finish()?);
        } else {
            self.loader.push(bytes)?;
        }
        self.wanted = if bytes.is_empty() { NONE } else { chunk + 1 };
        Ok(!bytes.is_empty())
    }
}
