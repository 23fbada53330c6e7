//! A doorbell's memory and eventfd, as they are handed to its receiver and its senders.
//!
//! Called by whoever makes doorbells, and by both sides.

use super::{Bell, Ringer};
use crate::error::SetupError;
use crate::mapping::{Access, Mapping};
use crate::memfd;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;
use rustix::io::fcntl_dupfd_cloexec;

/// The two words are alone in a page.
const PAGE_BYTES: u64 = 4096;

/// What the receiver and each of its senders get.
#[derive(Debug)]
pub struct Parts {
    /// The sealed memfd of one page.
    pub page: OwnedFd,
    /// The eventfd that is rung. Must not block.
    pub event: OwnedFd,
}

impl Parts {
    /// A new doorbell.
    pub fn create() -> Result<Parts, SetupError> {
        let page = memfd::create("posse-bell", PAGE_BYTES)?;
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let event = eventfd(0, flags).map_err(SetupError::kernel("eventfd"))?;
        Ok(Parts { page, event })
    }

    /// The side that sleeps: one process.
    pub fn bell(self) -> Result<Bell, SetupError> {
        Ok(Bell::new(self.map()?, self.event))
    }

    /// The side that rings: any number of processes.
    pub fn ringer(self) -> Result<Ringer, SetupError> {
        Ok(Ringer::new(self.map()?, self.event))
    }

    /// The same for another process.
    pub fn try_clone(&self) -> Result<Parts, SetupError> {
        let copy = |fd: &OwnedFd| fcntl_dupfd_cloexec(fd, 0).map_err(SetupError::kernel("fcntl"));
        Ok(Parts { page: copy(&self.page)?, event: copy(&self.event)? })
    }

    fn map(&self) -> Result<Mapping, SetupError> {
        memfd::check(&self.page, "doorbell", PAGE_BYTES)?;
        Mapping::new(&self.page, PAGE_BYTES as usize, Access::Write)
    }
}
