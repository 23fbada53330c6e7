//! What the consumer of a command sees: its ranks, and one event at a time. Data only.

use crate::{Fd, HostId, Rank, Status};
use bytes::Bytes;
use std::time::Duration;

/// One process of a command, before it has done anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankInfo {
    pub rank: Rank,
    pub host: HostId,
    /// Name of the host.
    pub name: String,
    /// Which process of the command on that host, from 0.
    pub index: u32,
}

/// Something that a command's process did, in the order in which it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEvent {
    /// Bytes of one stream, in order and without gaps. With `end` it ends after them; the exit of
    /// the process ends its streams as well.
    Output { rank: Rank, fd: Fd, bytes: Bytes, end: bool },
    /// The process is over, or will never be. `elapsed` is from start to end on its host.
    Exit { rank: Rank, status: Status, elapsed: Duration },
    /// The process read its broadcast input so slowly that it is being ended; see
    /// [`Broadcast`](crate::Broadcast). Its exit follows.
    CutOff { rank: Rank },
}
