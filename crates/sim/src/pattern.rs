//! What streams carry: bytes that depend on stream and offset, so that a lost, doubled or
//! misplaced byte shows. One table is cut at a place that the stream chooses: no byte is
//! computed twice, and a comparison is one of memory.

use crate::chance::{Chance, mix};
use bytes::Bytes;
use posse_wire::{CommandId, Fd, Rank};

/// Prime, so that no power of two of displacement looks right.
const PERIOD: u64 = 65_521;

/// The table, twice over, so that a cut never wraps.
#[derive(Debug)]
pub struct Pattern {
    table: Bytes,
}

/// Which stream.
#[derive(Clone, Copy, Debug)]
pub struct Stream(u64);

impl Stream {
    /// What a process writes.
    pub fn output(command: CommandId, rank: Rank, fd: Fd) -> Stream {
        let rank = u64::from(rank.0) << 16 | u64::from(fd.0);
        Stream(mix(command.0 ^ mix(rank)) % PERIOD)
    }

    /// What the front end sends to the processes of a command: the same to all.
    pub fn input(command: CommandId) -> Stream {
        Stream(mix(!command.0) % PERIOD)
    }
}

impl Pattern {
    pub fn new() -> Pattern {
        let mut chance = Chance::new(0);
        let once: Vec<u8> = (0..PERIOD).map(|_| chance.number() as u8).collect();
        Pattern { table: Bytes::from([&once[..], &once[..]].concat()) }
    }

    /// The bytes of a stream from an offset on; at most a period of them.
    pub fn cut(&self, stream: Stream, offset: u64, length: u64) -> Bytes {
        let start = ((stream.0 + offset) % PERIOD) as usize;
        self.table.slice(start..start + length.min(PERIOD) as usize)
    }

    pub fn fits(&self, stream: Stream, offset: u64, bytes: &[u8]) -> bool {
        self.cut(stream, offset, bytes.len() as u64) == bytes
    }
}
