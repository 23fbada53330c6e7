//! The end of a ring that pushes.
//!
//! Order of a push: a zero where the next head will stand, the record's bytes, and its head last
//! (release). A consumer that sees the head sees all before it; a producer that was killed before
//! its last store has pushed nothing. The producer's own position is private: nobody can change
//! it. Called by the sender of a pair.

use super::layout::{
    CONSUMER_CLOSED, FLAGS, PRODUCER_CLOSED, PRODUCER_WAITS, TAIL, data, head, record_bytes_most,
    record_words, slot,
};
use super::pack;
use crate::error::Fault;
use crate::memory::Memory;
use crate::sync::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The record is in the ring.
    Done,
    /// There is no room for it now; nothing was written.
    Full,
    /// The consumer has closed its end; nothing was written.
    Closed,
}

/// The pushing end.
#[derive(Debug)]
pub struct Producer<M> {
    memory: M,
    /// Where the next head goes, in words since the beginning.
    at: u64,
    /// How far the consumer had read when that was last looked at.
    tail: u64,
    /// What was found wrong; nothing is pushed after it.
    fault: Option<Fault>,
}

impl<M: Memory> Producer<M> {
    /// The pushing end of a new ring in this memory, which has been checked to have a power of two
    /// of data words behind its header.
    pub(super) fn new(memory: M) -> Producer<M> {
        Producer { memory, at: 0, tail: 0, fault: None }
    }

    /// Pushes the parts as one record. It is there as a whole or not at all.
    ///
    /// # Errors
    /// [`Fault::TooLong`] leaves the ring as it is; any other fault is final.
    #[inline]
    pub fn try_push(&mut self, parts: &[&[u8]]) -> Result<Pushed, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let words = self.memory.words()?;
        let data = data(words);
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        let most = record_bytes_most(data.len());
        if bytes > most {
            return Err(Fault::TooLong { bytes, most });
        }
        if words[FLAGS].load(Relaxed) & CONSUMER_CLOSED != 0 {
            return Ok(Pushed::Closed);
        }
        let next = self.at + record_words(bytes);
        // The word at `next` is written too, so it must have been read.
        if next - self.tail >= data.len() as u64 {
            match tail(words, self.at, self.tail, data.len()) {
                Ok(tail) => self.tail = tail,
                Err(fault) => {
                    self.fault = Some(fault);
                    return Err(fault);
                }
            }
            if next - self.tail >= data.len() as u64 {
                return Ok(Pushed::Full);
            }
        }
        slot(data, next).store(0, Relaxed);
        pack::put(data, self.at + 1, parts);
        slot(data, self.at).store(head(self.at, bytes), Release);
        self.at = next;
        Ok(Pushed::Done)
    }

    /// Bytes of the longest record that could be pushed now.
    pub fn room(&mut self) -> Result<usize, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let words = self.memory.words()?;
        let data = data(words);
        self.tail = tail(words, self.at, self.tail, data.len())
            .inspect_err(|fault| self.fault = Some(*fault))?;
        let used = (self.at - self.tail) as usize;
        Ok(record_bytes_most(data.len() - used))
    }

    /// To be asked after a push found no room: may the producer wait? `false` where there is more
    /// room by now. Otherwise the consumer will find, when it has read, that it is to be told
    /// ([`Consumer::is_awaited`](super::Consumer::is_awaited)).
    pub fn wait_for_room(&mut self) -> Result<bool, Fault> {
        let before = self.tail;
        self.memory.words()?[FLAGS].fetch_or(PRODUCER_WAITS, Relaxed);
        // Between the flag and the look at how far it has read: see `is_awaited`.
        fence(SeqCst);
        self.room()?;
        Ok(self.tail == before)
    }

    /// Bytes of the longest record that the empty ring takes.
    pub fn record_bytes_most(&self) -> Result<usize, Fault> {
        Ok(record_bytes_most(data(self.memory.words()?).len()))
    }

    /// Has the consumer read all that was pushed?
    pub fn is_drained(&mut self) -> Result<bool, Fault> {
        self.room().map(|_| self.tail == self.at)
    }

    /// Says that nothing more will be pushed. What was pushed before can still be popped.
    pub fn close(&mut self) -> Result<(), Fault> {
        self.memory.words()?[FLAGS].fetch_or(PRODUCER_CLOSED, Release);
        Ok(())
    }
}

/// How far the consumer says it has read, if that can be: no less than before, and no more than
/// was written. Acquire: what it has read may be overwritten from here on.
fn tail(words: &[AtomicU64], at: u64, before: u64, data_words: usize) -> Result<u64, Fault> {
    let tail = words[TAIL].load(Acquire);
    let possible = (before..=at).contains(&tail) && at - tail <= data_words as u64;
    if possible { Ok(tail) } else { Err(Fault::Tail { at, tail }) }
}
