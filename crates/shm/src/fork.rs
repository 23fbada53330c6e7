//! How a process knows that it is a fork.
//!
//! Shared mappings are not handed down to children (`MADV_DONTFORK`), so whoever holds one must
//! know on which side of a fork it is before it touches it. One word of private memory tells: the
//! kernel hands it down as zero (`MADV_WIPEONFORK`, madvise(2), Linux 4.14), and no system call is
//! needed to read it. Called by `mapping` at each use, and by whoever keeps state of its own that
//! must not be used in a child.
#![allow(unsafe_code)] // One private page is mapped, and one word of it read, as is said below.

use crate::error::SetupError;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The word, in a page of its own that is never given back.
static WORD: OnceLock<&'static AtomicU32> = OnceLock::new();

/// The last generation in this line of descent. Children inherit it as any memory.
static LAST: AtomicU32 = AtomicU32::new(0);

/// The kernel's smallest page.
const PAGE_BYTES: usize = 4096;

/// One process in a line of forks. What was born in another one can not be used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u32);

impl Generation {
    /// This process's generation; a child's first call begins its own.
    pub fn begin() -> Result<Generation, SetupError> {
        let word = match WORD.get() {
            Some(word) => word,
            None => {
                let page = page()?;
                WORD.get_or_init(|| page)
            }
        };
        let now = word.load(Ordering::Relaxed);
        if now != 0 {
            return Ok(Generation(now));
        }
        let next = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        // Of two threads that begin at once one is first, and both take its number.
        let set = word.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed);
        Ok(Generation(set.map_or_else(|theirs| theirs, |_| next)))
    }

    /// Is this still the process in which this was said?
    #[inline]
    pub fn is_current(self) -> bool {
        WORD.get().is_some_and(|word| word.load(Ordering::Relaxed) == self.0)
    }
}

fn page() -> Result<&'static AtomicU32, SetupError> {
    let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
    // SAFETY: a new mapping where the kernel likes; nothing else is there.
    let start = unsafe { mmap_anonymous(ptr::null_mut(), PAGE_BYTES, access, flags) };
    let start = start.map_err(SetupError::kernel("mmap"))?;
    // SAFETY: the page was mapped above; the advice changes what children see of it alone.
    let advised = unsafe { madvise(start, PAGE_BYTES, Advice::LinuxWipeOnFork) };
    if let Err(errno) = advised {
        // SAFETY: mapped above, and nobody else knows of it.
        let _unmapped = unsafe { munmap(start, PAGE_BYTES) };
        return Err(SetupError::kernel("madvise(MADV_WIPEONFORK)")(errno));
    }
    // SAFETY: a page is aligned for a u32, is zeroed, is never unmapped, and is used as this
    // atomic alone.
    Ok(unsafe { AtomicU32::from_ptr(start.cast()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_one_generation() {
        let first = Generation::begin().unwrap();
        assert_eq!(first, Generation::begin().unwrap());
        assert!(first.is_current());
        assert!(!Generation(first.0 + 1).is_current());
    }
}
