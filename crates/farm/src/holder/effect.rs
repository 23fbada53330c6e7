//! What a holder wants done. The driver carries effects out in their order: the bytes of a
//! `Journal` are written (not yet synced) before what follows it is sent.

use crate::words::Order;
use crate::{HostLife, JobId, TaskId};
use posse_wire::HostId;

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Append these bytes; with them the journal is `upto` bytes long, over all its files.
    Journal { bytes: Vec<u8>, upto: u64 },
    /// Send this once the journal is durable up to `after`, which often it is already. Orders to
    /// one host keep their order among those that wait and among those that do not.
    Send { to: HostLife, order: Order, after: u64 },
    /// Say which hosts this is, and again whenever that changes (`Holder::resolved`).
    Resolve { hosts: String },
    /// A task ended by itself or was given up; its row is there. For those who follow the job.
    Ended(TaskId),
    /// All tasks of a sealed job are over.
    Over(JobId),
    /// Nothing of ours is on a host that is being drained.
    Drained(HostId),
}
