//! The side of a doorbell that rings.
//!
//! Called by a sender after each push.

use super::page::Page;
use crate::error::Fault;
use crate::limits::RINGS_PER_BELL;
use crate::mapping::Mapping;
use rustix::fd::OwnedFd;
use rustix::io::write;

/// One sender's way to wake a receiver.
#[derive(Debug)]
pub struct Ringer {
    page: Page<Mapping>,
    event: OwnedFd,
}

impl Ringer {
    pub(super) fn new(memory: Mapping, event: OwnedFd) -> Ringer {
        Ringer { page: Page(memory), event }
    }

    /// Says that ring `number` (of the receiver's [`RINGS_PER_BELL`]; larger ones share the bits)
    /// has news, and wakes the receiver if it sleeps. Says whether it did.
    #[inline]
    pub fn ring(&self, number: u32) -> Result<bool, Fault> {
        let asleep = self.page.announce(number % RINGS_PER_BELL)?;
        if asleep {
            self.wake();
        }
        Ok(asleep)
    }

    /// Wakes the receiver whatever it does: for news that is in no ring.
    pub fn wake(&self) {
        // Fails only where the counter is full (EAGAIN), and then the receiver is awake.
        let _full = write(&self.event, &1u64.to_ne_bytes());
    }
}
