//! A ring's memory, as it is handed to its two ends.
//!
//! Called by whoever makes rings (the daemon), and by the ends.

use super::layout::HEADER_WORDS;
use super::{Consumer, Producer};
use crate::error::SetupError;
use crate::limits::{RING_BYTES_MAX, RING_BYTES_MIN};
use crate::mapping::{Access, Mapping};
use crate::memfd;
use rustix::fd::OwnedFd;
use rustix::io::fcntl_dupfd_cloexec;

/// What both ends of a ring get. Exactly one maps it as producer and one as consumer, once each,
/// before anything was pushed; both may close the descriptor then.
#[derive(Debug)]
pub struct Parts {
    /// The sealed memfd.
    pub memory: OwnedFd,
    /// Data bytes: a power of two.
    pub data_bytes: usize,
}

impl Parts {
    /// The memory of a new ring.
    ///
    /// # Errors
    /// If the size is no power of two from 128 bytes to [`RING_BYTES_MAX`], or the kernel refuses.
    pub fn create(data_bytes: usize) -> Result<Parts, SetupError> {
        let memory = memfd::create("posse-ring", memory_bytes(data_bytes)? as u64)?;
        Ok(Parts { memory, data_bytes })
    }

    /// The pushing end.
    ///
    /// # Errors
    /// If the memory is not sealed, has another size, or can not be mapped.
    pub fn producer(&self) -> Result<Producer<Mapping>, SetupError> {
        Ok(Producer::new(self.map()?))
    }

    /// The popping end.
    ///
    /// # Errors
    /// If the memory is not sealed, has another size, or can not be mapped.
    pub fn consumer(&self) -> Result<Consumer<Mapping>, SetupError> {
        Ok(Consumer::new(self.map()?))
    }

    /// The same for another process.
    pub fn try_clone(&self) -> Result<Parts, SetupError> {
        let memory = fcntl_dupfd_cloexec(&self.memory, 0).map_err(SetupError::kernel("fcntl"))?;
        Ok(Parts { memory, data_bytes: self.data_bytes })
    }

    fn map(&self) -> Result<Mapping, SetupError> {
        let bytes = memory_bytes(self.data_bytes)?;
        memfd::check(&self.memory, "ring", bytes as u64)?;
        Mapping::new(&self.memory, bytes, Access::Write)
    }
}

/// Header and data, if a ring may have so much data.
fn memory_bytes(data_bytes: usize) -> Result<usize, SetupError> {
    let possible = RING_BYTES_MIN..=RING_BYTES_MAX;
    if !data_bytes.is_power_of_two() || !possible.contains(&data_bytes) {
        return Err(SetupError::Size { what: "ring", bytes: data_bytes as u64 });
    }
    Ok(HEADER_WORDS * size_of::<u64>() + data_bytes)
}
