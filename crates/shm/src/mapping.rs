//! Shared memory in this process's address space, and the only ways to touch it.
//!
//! It is words, and these are atomics: bytes are never lent as a slice, since others may change
//! them at any time. A mapping is not handed down to children (`MADV_DONTFORK`). Called by
//! the parts' `map`; the memory is a sealed memfd of the checked size, so no access meets SIGBUS.
#![allow(unsafe_code)] // This file is where the data path's unsafe code is; see each block.

use crate::error::{Fault, SetupError};
use crate::fork::Generation;
use crate::memory::Memory;
use rustix::fd::AsFd;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::AtomicU64;

/// Shared memory, mapped as long as this lives.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
    born: Generation,
}

// SAFETY: the memory belongs to no thread; all access is by atomics (see below).
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps all of a memfd whose seals and size were checked. `bytes` is not zero.
    pub(crate) fn new(fd: impl AsFd, bytes: usize) -> Result<Mapping, SetupError> {
        let born = Generation::begin()?;
        let (protection, shared) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: a new mapping where the kernel likes; nothing else is there.
        let start = unsafe { mmap(ptr::null_mut(), bytes, protection, shared, fd, 0) };
        let start = start.map_err(SetupError::kernel("mmap"))?;
        let Some(address) = NonNull::new(start.cast::<u8>()) else {
            return Err(SetupError::Size { what: "mapping at address zero", bytes: 0 });
        };
        let mapping = Mapping { start: address, bytes, born };
        // SAFETY: the range was mapped above and is ours; children do not get it.
        unsafe { madvise(start, bytes, Advice::LinuxDontFork) }
            .map_err(SetupError::kernel("madvise(MADV_DONTFORK)"))?;
        Ok(mapping)
    }

    /// Bytes of the memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Memory for Mapping {
    #[inline]
    fn words(&self) -> Result<&[AtomicU64], Fault> {
        if !self.born.is_current() {
            return Err(Fault::Forked);
        }
        let start = self.start.as_ptr().cast::<AtomicU64>();
        // SAFETY: the mapping is page-aligned, as long as this many words, and lives as long as
        // the borrow. Others change the words at any time, as an atomic may be.
        Ok(unsafe { slice::from_raw_parts(start, self.bytes / size_of::<u64>()) })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // In a child something else may be at that address by now.
        if self.born.is_current() {
            // SAFETY: mapped in `new`, in this process, and nobody borrows from it any more.
            let _unmapped = unsafe { munmap(self.start.as_ptr().cast::<c_void>(), self.bytes) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memfd;
    use std::sync::atomic::Ordering;

    #[test]
    fn two_mappings_are_one_memory() {
        let fd = memfd::create("posse-test", 4096).unwrap();
        let [one, other] = [0, 1].map(|_| Mapping::new(&fd, 4096).unwrap());
        assert_eq!((one.bytes(), other.words().unwrap().len()), (4096, 512));
        one.words().unwrap()[1].store(77, Ordering::Relaxed);
        assert_eq!(other.words().unwrap()[1].load(Ordering::Relaxed), 77);
    }
}
