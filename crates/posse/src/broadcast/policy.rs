//! What happens to a process that reads its input more slowly than the others. Chosen by the
//! caller: `Stdin` blocks, `Broadcast` spills.

use posse_wire::limits;

/// How much a [`Broadcast`](crate::Broadcast) keeps for processes that are behind.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct SpillLimits {
    /// Bytes in memory, the newest ones.
    pub memory: usize,
    /// Bytes in a temporary file beyond that.
    pub disk: u64,
}

impl Default for SpillLimits {
    /// 8 MiB in memory: 16 windows of a slow reader among the 64 MiB that a front end may take.
    /// 1 GiB on disk: what the design promises.
    fn default() -> SpillLimits {
        SpillLimits { memory: 8 << 20, disk: 1 << 30 }
    }
}

#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(super) enum Policy {
    /// The writer waits for the slowest.
    Block,
    /// The slow are left behind and served from the log.
    Spill(SpillLimits),
}

impl Policy {
    pub(super) fn memory(self) -> usize {
        match self {
            Policy::Block => limits::CHUNK_BYTES_MAX,
            Policy::Spill(spill) => spill.memory.max(limits::CHUNK_BYTES_MAX),
        }
    }

    pub(super) fn disk(self) -> u64 {
        match self {
            Policy::Block => 0,
            Policy::Spill(spill) => spill.disk,
        }
    }
}
