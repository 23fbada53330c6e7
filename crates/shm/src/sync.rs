//! The atomics of this crate: std's, or loom's where all interleavings are tried.
//!
//! Used by everything that orders memory.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Loads a word that nobody writes at this time, if both sides keep to the protocol.
#[cfg(not(loom))]
#[inline]
pub(crate) fn load_quiet(word: &AtomicU64) -> u64 {
    word.load(Ordering::Relaxed)
}

/// The same under loom, which fails the test where a write is not ordered before or after it.
#[cfg(loom)]
#[allow(unsafe_code, reason = "it is what the test is for")]
pub(crate) fn load_quiet(word: &AtomicU64) -> u64 {
    // SAFETY: loom reports it where it is not.
    unsafe { word.unsync_load() }
}
