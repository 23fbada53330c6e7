//! What rings, doorbells and permits stand on: words that others may change at any time.
//!
//! A mapping in production; plain words of the heap in tests of garbage and under loom, whose
//! atomics are larger than a word. Implemented by `mapping`.

use crate::error::Fault;
use crate::sync::AtomicU64;

/// Words that are shared with others.
pub trait Memory {
    /// All words, in the order of the memory. [`Fault::Forked`] in a child to which the memory
    /// was not handed down.
    fn words(&self) -> Result<&[AtomicU64], Fault>;
}

#[cfg(any(test, loom))]
impl Memory for std::sync::Arc<Vec<AtomicU64>> {
    fn words(&self) -> Result<&[AtomicU64], Fault> {
        Ok(self)
    }
}

/// So many words of zero on the heap, as a new memfd has them.
#[cfg(any(test, loom))]
pub(crate) fn heap(words: usize) -> std::sync::Arc<Vec<AtomicU64>> {
    std::sync::Arc::new((0..words).map(|_| AtomicU64::new(0)).collect())
}
