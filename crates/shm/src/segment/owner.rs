//! A sender's own segment.
//!
//! An extent is taken, written, and given back when nobody reads it any more: who that is, its
//! owner knows. Called by the sender.

use super::extents::Extents;
use super::{Extent, Parts};
use crate::error::{Fault, SetupError};
use crate::limits::SEGMENT_BYTES_MAX;
use crate::mapping::{Access, Mapping};
use crate::memfd;
use rustix::fs::SealFlags;

/// A segment that this process writes.
#[derive(Debug)]
pub struct Owner {
    memory: Mapping,
    free: Extents,
}

impl Owner {
    /// A segment of `bytes` (address space; memory is used as it is written, and kept), and what
    /// its readers need. Where the kernel can (Linux 5.1), nobody else can map it to write.
    ///
    /// # Errors
    /// If it is empty or larger than [`SEGMENT_BYTES_MAX`], or the kernel refuses.
    pub fn create(bytes: u64) -> Result<(Owner, Parts), SetupError> {
        let impossible = SetupError::Size { what: "segment", bytes };
        if bytes == 0 || bytes > SEGMENT_BYTES_MAX {
            return Err(impossible);
        }
        let Ok(length) = usize::try_from(bytes) else { return Err(impossible) };
        let memory = memfd::unsealed("posse-segment", bytes)?;
        let mapping = Mapping::new(&memory, length, Access::Write)?;
        // After our own mapping, which the seal leaves as it is.
        memfd::seal(&memory, SealFlags::FUTURE_WRITE)?;
        Ok((Owner { memory: mapping, free: Extents::new(bytes) }, Parts { memory, bytes }))
    }

    /// An extent of so many bytes that nobody has; `None` if there is no room for it now.
    pub fn take(&mut self, bytes: u64) -> Option<Extent> {
        let at = self.free.take(bytes)?;
        Some(Extent { at, bytes })
    }

    /// Gives back what `take` gave, once.
    pub fn give(&mut self, extent: Extent) {
        self.free.give(extent.at, extent.bytes);
    }

    /// Writes `from` into an extent that was taken, from its beginning.
    ///
    /// # Errors
    /// [`Fault::Outside`] if it is longer.
    pub fn write(&mut self, extent: Extent, from: &[u8]) -> Result<(), Fault> {
        let bytes = from.len() as u64;
        if bytes > extent.bytes {
            return Err(Fault::Outside { at: 0, bytes, size: extent.bytes });
        }
        self.memory.copy_in(extent.at, from)
    }

    /// Bytes that are free, in however many pieces.
    pub fn free_bytes(&self) -> u64 {
        self.free.free_bytes()
    }
}
