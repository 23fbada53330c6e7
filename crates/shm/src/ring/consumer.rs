//! The end of a ring that pops.
//!
//! It waits for the head word at its own position, which is private and which nobody can change:
//! zero is no record yet, a head that can stand there is a record, all else is garbage. The word
//! is read once (acquire) and checked; its bytes are copied out before the producer is told
//! (release) that it may overwrite them. Called by the receiver of a pair.

use super::layout::{
    CONSUMER_CLOSED, FLAGS, PRODUCER_CLOSED, PRODUCER_WAITS, TAIL, data, length, record_words, slot,
};
use super::pack;
use crate::error::Fault;
use crate::memory::Memory;
use crate::sync::{
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};

/// What a pop found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Popped {
    /// The buffer is the record.
    Record,
    /// Nothing is there yet.
    Empty,
    /// Nothing is there, and the producer has closed its end.
    Closed,
}

/// The popping end.
#[derive(Debug)]
pub struct Consumer<M> {
    memory: M,
    /// Where the next head will stand, in words since the beginning.
    at: u64,
    /// What was found wrong; nothing is popped after it.
    fault: Option<Fault>,
}

impl<M: Memory> Consumer<M> {
    /// The popping end of a new ring in this memory, which has been checked to have a power of two
    /// of data words behind its header.
    pub(super) fn new(memory: M) -> Consumer<M> {
        Consumer { memory, at: 0, fault: None }
    }

    /// Makes `into` the oldest record's bytes, if there is one; its capacity is used again.
    ///
    /// # Errors
    /// A fault is final: the same one comes again.
    #[inline]
    pub fn try_pop(&mut self, into: &mut Vec<u8>) -> Result<Popped, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let words = self.memory.words()?;
        let data = data(words);
        let mut word = slot(data, self.at).load(Acquire);
        if word == 0 {
            if words[FLAGS].load(Acquire) & PRODUCER_CLOSED == 0 {
                return Ok(Popped::Empty);
            }
            // The last record may have come between the two looks.
            word = slot(data, self.at).load(Acquire);
            if word == 0 {
                return Ok(Popped::Closed);
            }
        }
        let bytes =
            length(self.at, word, data.len()).inspect_err(|fault| self.fault = Some(*fault))?;
        pack::get(data, self.at + 1, bytes, into);
        self.at += record_words(bytes);
        words[TAIL].store(self.at, Release);
        Ok(Popped::Record)
    }

    /// To be asked after pops: does the producer wait for the room that they made? It is to be told
    /// then, by its doorbell; the question takes the flag down.
    pub fn is_awaited(&self) -> Result<bool, Fault> {
        let flags = &self.memory.words()?[FLAGS];
        // Between how far was read and the look at the flag. The producer writes the flag and then
        // looks how far, with a fence between too: so at least one sees what the other wrote.
        fence(SeqCst);
        let waits = flags.load(Relaxed) & PRODUCER_WAITS != 0;
        Ok(waits && flags.fetch_and(!PRODUCER_WAITS, Relaxed) & PRODUCER_WAITS != 0)
    }

    /// Would a pop find something other than `Empty`? One load of a word that this process has in
    /// its cache until there is news: what to look at while spinning.
    #[inline]
    pub fn has_news(&self) -> bool {
        let Ok(words) = self.memory.words() else { return true };
        self.fault.is_some()
            || slot(data(words), self.at).load(Relaxed) != 0
            || words[FLAGS].load(Relaxed) & PRODUCER_CLOSED != 0
    }

    /// Says that nothing more will be popped: pushes return `Closed` from now on.
    pub fn close(&mut self) -> Result<(), Fault> {
        self.memory.words()?[FLAGS].fetch_or(CONSUMER_CLOSED, Release);
        Ok(())
    }
}
