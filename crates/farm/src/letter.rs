//! What goes over links between a holder and a host: words, and from which life to which they are.
//! Made and read by the daemon.

use crate::words::{Order, Report};
use crate::{Epoch, JobId, Lease};
use posse_wire::Incarnation;
use serde::{Deserialize, Serialize};

/// From a holder to a host.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Orders {
    pub epoch: Epoch,
    /// The life of the host that is meant; another one does not listen.
    pub incarnation: Incarnation,
    /// What the vm gives of the host to tasks, in thousandths of cores.
    pub cores: u32,
    /// No other host of the vm is on its computer.
    pub alone: bool,
    /// None: the holder is there.
    pub orders: Vec<Order>,
    /// Jobs of which somebody wants to see what tasks print while they run, with numbers that grow
    /// when all of it is to be told again.
    pub live: Vec<(JobId, u32)>,
}

/// From a host to a holder.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Reports {
    /// The life of the holder that is obeyed.
    pub epoch: Epoch,
    pub incarnation: Incarnation,
    pub reports: Vec<Report>,
    /// Of attempts whose ends are among the reports.
    pub outputs: Vec<Output>,
    /// Of attempts that run, of jobs that somebody looks at.
    pub parts: Vec<Part>,
}

/// What a running attempt printed since the last time.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Part {
    pub lease: Lease,
    /// Standard error, not output.
    pub is_error: bool,
    /// Where it begins in the stream.
    pub at: u64,
    pub bytes: Vec<u8>,
}

/// What an attempt printed, as far as it was kept.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Output {
    pub lease: Lease,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// Bytes that were not kept, of both.
    pub dropped: u64,
}

impl Output {
    pub fn is_empty(&self) -> bool {
        self.stdout.is_empty() && self.stderr.is_empty() && self.dropped == 0
    }

    pub fn size(&self) -> usize {
        self.stdout.len() + self.stderr.len()
    }
}
