//! One output stream of one process at its consumer: what arrived and was not taken, and the
//! credit that its source has. Pure; called by `queue` under the inbox's lock.

use crate::error::Failure;
use bytes::{Bytes, BytesMut};
use posse_wire::StreamChunk;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar};
use std::task::Waker;

/// A smaller chunk is copied, so that it does not hold a whole read buffer in memory.
const COPY_BELOW: usize = 32 * 1024;

#[derive(Debug, Default)]
pub(super) struct Stream {
    chunks: VecDeque<Chunk>,
    received: u64,
    taken: u64,
    acked: u64,
    ended: bool,
    /// The consumer wants no more of it.
    closed: bool,
    /// Where the stream's own reader waits, if it has one.
    pub(super) reader: Option<Arc<Condvar>>,
    pub(super) waker: Option<Waker>,
}

#[derive(Debug)]
enum Chunk {
    Whole(Bytes),
    /// Own memory: a later small chunk may be added.
    Growing(BytesMut),
}

impl Chunk {
    fn into_bytes(self) -> Bytes {
        match self {
            Chunk::Whole(bytes) => bytes,
            Chunk::Growing(bytes) => bytes.freeze(),
        }
    }
}

/// What became of an arriving chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// One more chunk is there to be taken.
    New,
    /// It was added to the last one, or not needed.
    Added,
}

impl Stream {
    /// Keeps what arrived. What was there before is dropped, a gap or too much is nonsense.
    /// With `crowded`, small chunks are joined.
    pub(super) fn receive(
        &mut self,
        chunk: StreamChunk,
        window: u64,
        crowded: bool,
    ) -> Result<Kept, Failure> {
        let upto = chunk.upto();
        if chunk.offset > self.received {
            return Err(self.nonsense(&chunk, "after a gap"));
        }
        if self.ended && upto > self.received {
            return Err(self.nonsense(&chunk, "after its end"));
        }
        if self.closed {
            self.received = self.received.max(upto);
            self.ended |= chunk.end;
            return Ok(Kept::Added);
        }
        if upto.saturating_sub(self.acked) > window {
            return Err(self.nonsense(&chunk, "beyond its window"));
        }
        let known = usize::try_from(self.received - chunk.offset).unwrap_or(usize::MAX);
        let bytes = chunk.bytes.slice(known.min(chunk.bytes.len())..);
        let news = !bytes.is_empty() || (chunk.end && !self.ended);
        self.received = self.received.max(upto);
        self.ended |= chunk.end;
        Ok(if news { self.keep(bytes, crowded) } else { Kept::Added })
    }

    fn keep(&mut self, bytes: Bytes, crowded: bool) -> Kept {
        if crowded
            && let Some(Chunk::Growing(last)) = self.chunks.back_mut()
            && last.len() + bytes.len() < COPY_BELOW
        {
            last.extend_from_slice(&bytes);
            return Kept::Added;
        }
        self.chunks.push_back(if bytes.len() < COPY_BELOW {
            Chunk::Growing(BytesMut::from(&bytes[..]))
        } else {
            Chunk::Whole(bytes)
        });
        Kept::New
    }

    fn nonsense(&self, chunk: &StreamChunk, what: &str) -> Failure {
        let (fd, rank, offset) = (chunk.fd.0, chunk.rank.0, chunk.offset);
        Failure::Nonsense(format!("output {fd} of process {rank} at {offset}, {what}"))
    }

    /// Wakes whoever waits for this stream alone.
    pub(super) fn tell(&mut self) {
        if let Some(reader) = &self.reader {
            reader.notify_all();
        }
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// The next chunk whole, and whether the stream ends after it.
    pub(super) fn take(&mut self) -> Option<(Bytes, bool)> {
        let bytes = self.chunks.pop_front()?.into_bytes();
        self.taken += bytes.len() as u64;
        Some((bytes, self.ended && self.chunks.is_empty()))
    }

    /// Copies what is there into `out`; 0 only where nothing is.
    pub(super) fn read(&mut self, out: &mut [u8]) -> usize {
        let mut copied = 0;
        while copied < out.len() {
            let Some(chunk) = self.chunks.pop_front() else { break };
            let mut bytes = chunk.into_bytes();
            let count = bytes.len().min(out.len() - copied);
            out[copied..copied + count].copy_from_slice(&bytes.split_to(count));
            copied += count;
            if !bytes.is_empty() {
                self.chunks.push_front(Chunk::Whole(bytes));
            }
        }
        self.taken += copied as u64;
        copied
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// The offset to acknowledge, when half of the window was taken since the last one.
    pub(super) fn due_ack(&mut self, window: u64) -> Option<u64> {
        if self.ended || self.closed || self.taken - self.acked < window / 2 {
            return None;
        }
        self.acked = self.taken;
        Some(self.taken)
    }

    /// Wants no more: drops what is there. The offset to say so with, the first time.
    pub(super) fn close(&mut self) -> Option<u64> {
        let first = !std::mem::replace(&mut self.closed, true);
        self.chunks.clear();
        (first && !self.ended).then_some(self.taken)
    }
}
