//! A sender's own segment.
//!
//! An extent is taken, written, shared with readers and let go; it is free when the last reader
//! has released it, or is gone. Called by the sender.

use super::extents::Extents;
use super::holders::{Holders, Misuse, Reader};
use super::{Extent, Parts};
use crate::error::{Fault, SetupError};
use crate::limits::{EXTENTS_MAX, SEGMENT_BYTES_MAX};
use crate::mapping::{Access, Mapping};
use crate::memfd;
use rustix::fs::SealFlags;
use std::collections::HashMap;

/// A segment that this process writes.
#[derive(Debug)]
pub struct Owner {
    memory: Mapping,
    free: Extents,
    used: HashMap<u64, (Extent, Holders)>,
    next_id: u64,
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
        let (free, used) = (Extents::new(bytes), HashMap::new());
        Ok((Owner { memory: mapping, free, used, next_id: 0 }, Parts { memory, bytes }))
    }

    /// An extent of so many bytes, held by the owner; `None` if there is no room for it now.
    pub fn take(&mut self, bytes: u64) -> Option<Extent> {
        if self.used.len() >= EXTENTS_MAX {
            return None;
        }
        let at = self.free.take(bytes)?;
        let extent = Extent { id: self.next_id, at, bytes };
        self.next_id += 1;
        self.used.insert(extent.id, (extent, Holders::new(extent.id)));
        Some(extent)
    }

    /// Writes `from` into a held extent, `at` bytes from its beginning.
    ///
    /// # Errors
    /// [`Fault::Outside`] if that is not within the extent, or it is not held.
    pub fn write(&mut self, id: u64, at: u64, from: &[u8]) -> Result<(), Fault> {
        let bytes = from.len() as u64;
        let held = self.used.get(&id).filter(|(_, holders)| holders.is_owned());
        let Some((extent, _)) = held else { return Err(Fault::Outside { at, bytes, size: 0 }) };
        let inside = at.checked_add(bytes).is_some_and(|end| end <= extent.bytes);
        if !inside {
            return Err(Fault::Outside { at, bytes, size: extent.bytes });
        }
        self.memory.copy_in(extent.at + at, from)
    }

    /// A reference for a reader, before it is told where the extent is.
    pub fn share(&mut self, id: u64, reader: Reader) -> Result<(), Misuse> {
        self.holders(id)?.add(reader)
    }

    /// The owner needs it no longer: nothing is written and nobody is added after this.
    pub fn let_go(&mut self, id: u64) -> Result<(), Misuse> {
        self.holders(id)?.let_go();
        self.reclaim(id);
        Ok(())
    }

    /// A reader says that it has read it.
    pub fn release(&mut self, id: u64, reader: Reader) -> Result<(), Misuse> {
        self.holders(id)?.release(reader)?;
        self.reclaim(id);
        Ok(())
    }

    /// A reader is dead. Says how many extents that frees.
    pub fn gone(&mut self, reader: Reader) -> usize {
        let held = self
            .used
            .iter_mut()
            .filter_map(|(id, (_, holders))| holders.gone(reader).then_some(*id));
        let held: Vec<u64> = held.collect();
        held.into_iter().filter(|id| self.reclaim(*id)).count()
    }

    /// Bytes that are free, in however many pieces.
    pub fn free_bytes(&self) -> u64 {
        self.free.free_bytes()
    }

    fn holders(&mut self, id: u64) -> Result<&mut Holders, Misuse> {
        self.used.get_mut(&id).map(|(_, holders)| holders).ok_or(Misuse::NoExtent { id })
    }

    /// Frees the extent if nobody holds it any more.
    fn reclaim(&mut self, id: u64) -> bool {
        if !self.used.get(&id).is_some_and(|(_, holders)| holders.is_free()) {
            return false;
        }
        if let Some((extent, _)) = self.used.remove(&id) {
            self.free.give(extent.at, extent.bytes);
        }
        true
    }
}
