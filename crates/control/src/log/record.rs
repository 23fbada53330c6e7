//! One record: 4 bytes length, 4 bytes CRC-32, 8 bytes "durable up to", then the body in postcard.
//! All numbers are little-endian. The checksum covers the third field and the body.
//!
//! Written by [`Writer`], read by `scan`.

use crate::consensus::{Hard, LogEntry, SnapshotMeta};
use posse_wire::{encode_value, limits};
use serde::{Deserialize, Serialize};

/// Before each body.
pub const HEADER_BYTES: usize = 16;

/// The longest body: a command, or a chunk of a snapshot, and their prefix.
pub(super) const BODY_BYTES_MAX: usize = limits::SNAPSHOT_CHUNK_BYTES_MAX + 64;

/// What a file of the control state holds.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Term, vote and commit from here on.
    Hard(Hard),
    /// This entry; all that were kept with its index or a higher one are gone.
    Entry(LogEntry),
    /// In a snapshot's file, once: what it stands for. First in a log: where the log begins.
    Snapshot(SnapshotMeta),
    /// A piece of the state, in order.
    Chunk(Vec<u8>),
    /// Last in a snapshot's file: it is whole.
    End,
}

/// Makes records for one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writer {
    written: u64,
    durable: u64,
}

impl Writer {
    /// Goes on behind what `scan` found to be good.
    pub fn behind(offset: u64) -> Self {
        Writer { written: offset, durable: offset }
    }

    pub fn written(&self) -> u64 {
        self.written
    }

    /// An fsync that began when the file was this long has succeeded.
    pub fn synced(&mut self, upto: u64) {
        self.durable = self.durable.max(upto);
    }

    /// The file was cut back to this length, because a write failed half way.
    pub fn cut(&mut self, offset: u64) {
        self.written = offset;
        self.durable = self.durable.min(offset);
    }

    pub fn push(&mut self, record: &Record, out: &mut Vec<u8>) {
        let body = encode_value(record);
        let durable = self.durable.to_le_bytes();
        out.extend_from_slice(&(body.len() as u32).to_le_bytes());
        out.extend_from_slice(&checksum(&durable, &body).to_le_bytes());
        out.extend_from_slice(&durable);
        out.extend_from_slice(&body);
        self.written += (HEADER_BYTES + body.len()) as u64;
    }
}

pub(super) fn checksum(durable: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(durable);
    hasher.update(body);
    hasher.finalize()
}
