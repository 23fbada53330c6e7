//! The floors: two words and a megabyte of shared memory without any of this crate.
//!
//! Used by `small` and `large`.
#![allow(unsafe_code)] // The floor is what one would write by hand.

use rustix::fd::AsFd;
use rustix::mm::{MapFlags, ProtFlags, mmap};
use std::ptr;
use std::sync::atomic::AtomicU64;

pub const MESSAGE_BYTES: usize = 1 << 20;

/// The two words on a page, then the message.
pub const MEMORY_BYTES: usize = 4096 + MESSAGE_BYTES;

/// The shared memory, mapped until the end of the process.
pub struct Floor {
    start: *mut u8,
}

impl Floor {
    pub fn map(memory: impl AsFd) -> Floor {
        let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: a new mapping where the kernel likes.
        let start = unsafe { mmap(ptr::null_mut(), MEMORY_BYTES, access, flags, memory, 0) };
        Floor { start: start.unwrap().cast() }
    }

    /// A word for each direction, each on lines of its own.
    pub fn words(&self) -> [&AtomicU64; 2] {
        // SAFETY: both are within the first page, aligned, and used as atomics alone.
        [0, 256].map(|at| unsafe { AtomicU64::from_ptr(self.start.add(at).cast()) })
    }

    pub fn copy_in(&self, from: &[u8]) {
        assert!(from.len() <= MESSAGE_BYTES);
        // SAFETY: within the mapping, by the line above; only the other process reads it.
        unsafe { ptr::copy_nonoverlapping(from.as_ptr(), self.start.add(4096), from.len()) };
    }

    pub fn copy_out(&self, to: &mut [u8]) {
        assert!(to.len() <= MESSAGE_BYTES);
        // SAFETY: within the mapping, by the line above; only the other process writes it.
        unsafe { ptr::copy_nonoverlapping(self.start.add(4096), to.as_mut_ptr(), to.len()) };
    }
}
