//! Another process's segment, to read from.
//!
//! Called by receivers.

use super::Extent;
use crate::error::{Fault, SetupError};
use crate::limits::SEGMENT_BYTES_MAX;
use crate::mapping::{Access, Mapping};
use crate::memfd;
use rustix::fd::OwnedFd;
use rustix::io::fcntl_dupfd_cloexec;

/// What each reader of a segment gets.
#[derive(Debug)]
pub struct Parts {
    /// The sealed memfd.
    pub memory: OwnedFd,
    /// Bytes of all of it.
    pub bytes: u64,
}

impl Parts {
    /// The reading side.
    ///
    /// # Errors
    /// If the memory is not sealed, has another size, or can not be mapped.
    pub fn view(&self) -> Result<View, SetupError> {
        let impossible = SetupError::Size { what: "segment", bytes: self.bytes };
        if self.bytes == 0 || self.bytes > SEGMENT_BYTES_MAX {
            return Err(impossible);
        }
        memfd::check(&self.memory, "segment", self.bytes)?;
        let Ok(length) = usize::try_from(self.bytes) else { return Err(impossible) };
        Ok(View { memory: Mapping::new(&self.memory, length, Access::Read)? })
    }

    /// The same for another process.
    pub fn try_clone(&self) -> Result<Parts, SetupError> {
        let memory = fcntl_dupfd_cloexec(&self.memory, 0).map_err(SetupError::kernel("fcntl"))?;
        Ok(Parts { memory, bytes: self.bytes })
    }
}

/// A segment that this process reads.
#[derive(Debug)]
pub struct View {
    memory: Mapping,
}

impl View {
    /// Copies what stands `at` bytes from the extent's beginning into `into`. Its owner may change
    /// it meanwhile, if it breaks its word: the bytes are any, but they change no more.
    ///
    /// # Errors
    /// [`Fault::Outside`] if the extent is not within the segment or the bytes not within it.
    pub fn read(&self, extent: Extent, at: u64, into: &mut [u8]) -> Result<(), Fault> {
        let bytes = into.len() as u64;
        if at.checked_add(bytes).is_none_or(|end| end > extent.bytes) {
            return Err(Fault::Outside { at, bytes, size: extent.bytes });
        }
        let Some(start) = extent.at.checked_add(at) else {
            return Err(Fault::Outside { at: extent.at, bytes, size: self.memory.bytes() as u64 });
        };
        self.memory.copy_out(start, into)
    }

    /// Bytes of all of it, to check an extent against before room is made for it.
    pub fn bytes(&self) -> u64 {
        self.memory.bytes() as u64
    }
}
