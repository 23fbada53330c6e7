//! The two words of a doorbell: which rings have news, and whether their reader sleeps.
//!
//! Each side writes one thing, then reads the other's, with a full fence between: the sender
//! writes news and reads "asleep", the receiver writes "asleep" and reads news. Two such fences
//! have an order, so at least one side sees what the other wrote: either the sender rings or the
//! receiver does not sleep. (Dekker's argument; C++20 [atomics.fences].) Used by `bell` and
//! `ringer`, and by loom in their place.

use crate::error::Fault;
use crate::memory::Memory;
use crate::sync::{
    AtomicU64,
    Ordering::{AcqRel, Relaxed, SeqCst},
    fence,
};

/// Both words are on one line: neither changes while the receiver is awake and its bits are set.
const NEWS: usize = 0;
const ASLEEP: usize = 1;

/// May the receiver sleep?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// No: these rings (bits) have news.
    News(u64),
    /// Yes: whoever has news from now on rings.
    Sleep,
}

/// The words, as either side uses them.
#[derive(Debug)]
pub(super) struct Page<M>(pub M);

impl<M: Memory> Page<M> {
    /// The sender, after it has pushed to ring `number`. Must the receiver be woken?
    pub fn announce(&self, number: u32) -> Result<bool, Fault> {
        let [news, asleep] = self.words()?;
        let bit = 1 << number;
        // Between the push and all looks below.
        fence(SeqCst);
        if news.load(Relaxed) & bit == 0 {
            news.fetch_or(bit, AcqRel);
            // Between the bit and the look at "asleep".
            fence(SeqCst);
        }
        let sleeps = asleep.load(Relaxed);
        // One of several senders rings.
        Ok(sleeps != 0 && asleep.compare_exchange(sleeps, 0, AcqRel, Relaxed).is_ok())
    }

    /// Whether there are bits to take; also where the memory can not be used.
    pub fn has_news(&self) -> bool {
        self.words().map_or(true, |[news, _]| news.load(Relaxed) != 0)
    }

    /// The receiver takes the bits. What is pushed to their rings after this sets them again.
    pub fn take(&self) -> Result<u64, Fault> {
        let [news, _] = self.words()?;
        if news.load(Relaxed) == 0 {
            return Ok(0);
        }
        let bits = news.swap(0, AcqRel);
        // Between the cleared bits and the look into the rings: a sender that still saw its bit
        // set has pushed before that look.
        fence(SeqCst);
        Ok(bits)
    }

    /// The receiver, before it sleeps.
    pub fn prepare(&self) -> Result<Wait, Fault> {
        let [news, asleep] = self.words()?;
        asleep.store(1, Relaxed);
        // Between "asleep" and the look at the news.
        fence(SeqCst);
        if news.load(Relaxed) == 0 {
            return Ok(Wait::Sleep);
        }
        asleep.store(0, Relaxed);
        self.take().map(Wait::News)
    }

    /// The receiver, when it has slept.
    pub fn awake(&self) -> Result<(), Fault> {
        let [_, asleep] = self.words()?;
        asleep.store(0, Relaxed);
        Ok(())
    }

    fn words(&self) -> Result<[&AtomicU64; 2], Fault> {
        let words = self.0.words()?;
        Ok([&words[NEWS], &words[ASLEEP]])
    }
}
