//! Shared memory in this process's address space, and the only ways to touch it.
//!
//! Words are atomics; bytes are copied in or out and never lent as a slice, since others may
//! change them at any time. A mapping is not handed down to children (`MADV_DONTFORK`). Called by
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

/// What this process may do with the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Shared memory, mapped as long as this lives.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
    access: Access,
    born: Generation,
}

// SAFETY: the memory belongs to no thread; all access is by atomics or by copies (see below).
unsafe impl Send for Mapping {}
// SAFETY: as above. `copy_in` takes `&mut self`, so no two threads of ours copy in at once.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps all of a memfd whose seals and size were checked. `bytes` is not zero.
    pub(crate) fn new(fd: impl AsFd, bytes: usize, access: Access) -> Result<Mapping, SetupError> {
        let born = Generation::begin()?;
        let protection = match access {
            Access::Read => ProtFlags::READ,
            Access::Write => ProtFlags::READ | ProtFlags::WRITE,
        };
        let shared = MapFlags::SHARED;
        // SAFETY: a new mapping where the kernel likes; nothing else is there.
        let start = unsafe { mmap(ptr::null_mut(), bytes, protection, shared, fd, 0) };
        let start = start.map_err(SetupError::kernel("mmap"))?;
        let Some(address) = NonNull::new(start.cast::<u8>()) else {
            return Err(SetupError::Size { what: "mapping at address zero", bytes: 0 });
        };
        let mapping = Mapping { start: address, bytes, access, born };
        // SAFETY: the range was mapped above and is ours; children do not get it.
        unsafe { madvise(start, bytes, Advice::LinuxDontFork) }
            .map_err(SetupError::kernel("madvise(MADV_DONTFORK)"))?;
        Ok(mapping)
    }

    /// Bytes of the memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Copies `from` to offset `at`.
    pub(crate) fn copy_in(&mut self, at: u64, from: &[u8]) -> Result<(), Fault> {
        let to = self.range(at, from.len())?;
        if self.access == Access::Read {
            return Err(Fault::Outside { at, bytes: from.len() as u64, size: 0 });
        }
        // SAFETY: `range` has checked that the bytes are within the mapping, which is writable and
        // there in this generation. Rust knows of no reference to them: words are asked for by
        // users that never copy. Another process may read them meanwhile and sees old or new
        // bytes; nothing here depends on which.
        unsafe { ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
        Ok(())
    }

    /// Appends the bytes that stand at offset `at` to `to`. Another process may write meanwhile:
    /// they are any, and the caller's own from then on.
    pub(crate) fn copy_out(&self, at: u64, bytes: usize, to: &mut Vec<u8>) -> Result<(), Fault> {
        let from = self.range(at, bytes)?;
        to.reserve(bytes);
        // SAFETY: `range` has checked that the bytes are within the mapping, which is readable and
        // there in this generation. `to` is private memory with room for them behind its length,
        // so the two do not overlap, and any bytes are good bytes.
        unsafe { ptr::copy_nonoverlapping(from, to.as_mut_ptr().add(to.len()), bytes) };
        // SAFETY: all of these bytes were written above.
        unsafe { to.set_len(to.len() + bytes) };
        Ok(())
    }

    /// Where the bytes are, if they are inside and this is no child.
    fn range(&self, at: u64, bytes: usize) -> Result<*mut u8, Fault> {
        if !self.born.is_current() {
            return Err(Fault::Forked);
        }
        let outside = Fault::Outside { at, bytes: bytes as u64, size: self.bytes as u64 };
        let start = usize::try_from(at).map_err(|_| outside)?;
        let end = start.checked_add(bytes).ok_or(outside)?;
        if end > self.bytes {
            return Err(outside);
        }
        Ok(self.start.as_ptr().wrapping_add(start))
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
        // the borrow. Others change the words at any time, as an atomic may be. The users of words
        // map with write access, and none of them copies bytes.
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
        let mut one = Mapping::new(&fd, 4096, Access::Write).unwrap();
        let other = Mapping::new(&fd, 4096, Access::Read).unwrap();
        one.copy_in(8, b"12345678").unwrap();
        let mut out = b"0".to_vec();
        other.copy_out(8, 8, &mut out).unwrap();
        assert_eq!(&out, b"012345678");
        let word = other.words().unwrap()[1].load(Ordering::Relaxed);
        assert_eq!(word.to_ne_bytes(), *b"12345678");
    }

    #[test]
    fn nothing_outside_is_touched() {
        let fd = memfd::create("posse-test", 4096).unwrap();
        let mut one = Mapping::new(&fd, 4096, Access::Write).unwrap();
        for (at, bytes) in [(4096, 1), (4095, 2), (u64::MAX, 1), (u64::MAX - 1, 4000)] {
            let mut out = vec![];
            assert!(matches!(one.copy_out(at, bytes, &mut out), Err(Fault::Outside { .. })));
            assert!(matches!(one.copy_in(at, &vec![0; bytes]), Err(Fault::Outside { .. })));
        }
        one.copy_in(4096, b"").unwrap();
        let mut read = Mapping::new(&fd, 4096, Access::Read).unwrap();
        assert!(matches!(read.copy_in(0, b"1"), Err(Fault::Outside { .. })));
    }
}
