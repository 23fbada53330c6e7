//! How far two hosts are from each other: one is asked to dial the other, and what it found.

use crate::{HostId, limits};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Dial this host directly, measure, and close the link again.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    pub number: HostId,
    /// Where it takes direct links, as in [`super::Facts::listens`].
    pub address: String,
    pub key: [u8; 32],
    /// A link that is not made within this is not made; at most [`limits::DIAL_WITHIN`] counts.
    pub within_ms: u32,
    /// Bytes to send each way after the round trip is known; 0 for none. What is over
    /// [`limits::BURST_BYTES_MAX`] counts as that.
    pub burst: u32,
}

impl Dial {
    pub fn within(&self) -> Duration {
        Duration::from_millis(self.within_ms.into()).min(limits::DIAL_WITHIN)
    }

    pub fn burst_bytes(&self) -> usize {
        (self.burst as usize).min(limits::BURST_BYTES_MAX)
    }
}

/// What came of it.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Dialed {
    /// There is a direct way from here.
    Linked {
        /// The least of some round trips.
        rtt_us: u32,
        burst: Option<BurstTime>,
    },
    Failed {
        why: String,
    },
}

/// How long a burst took.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct BurstTime {
    pub bytes: u32,
    pub there_us: u32,
    pub back_us: u32,
}
