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
    /// Appends what stands in the extent to `into`. Its owner may change it meanwhile, if it breaks
    /// its word: the bytes are any, but they change no more.
    ///
    /// # Errors
    /// [`Fault::Outside`] if the extent is not within the segment.
    pub fn read(&self, extent: Extent, into: &mut Vec<u8>) -> Result<(), Fault> {
        let Extent { at, bytes } = extent;
        let outside = Fault::Outside { at, bytes, size: self.memory.bytes() as u64 };
        self.memory.copy_out(at, usize::try_from(bytes).map_err(|_| outside)?, into)
    }
}
