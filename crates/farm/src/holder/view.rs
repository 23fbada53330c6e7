//! A host as people are shown it: what it does for jobs, and why not more.

use super::Holder;
use crate::policy::{Terms, Unmet};
use crate::worker::Mode;
use crate::{Capacity, TaskId};
use posse_wire::HostId;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
pub struct HostView {
    pub host: HostId,
    pub name: String,
    pub capacity: Capacity,
    /// Cores that others use, in thousandths.
    pub busy: u32,
    pub running: Vec<TaskId>,
    /// Handed to it, and not begun.
    pub waiting: u32,
    pub mode: Mode,
    /// Why it does not work, where its own policy says so.
    pub unmet: Option<Unmet>,
    pub draining: bool,
    pub terms: Terms,
}

impl Holder {
    /// Hosts that are there, by their numbers.
    pub fn hosts(&self) -> impl Iterator<Item = HostView> {
        self.hosts.values().filter(|host| host.expected.is_none()).map(|host| {
            let running: Vec<TaskId> = host.begun().map(|lease| lease.task).collect();
            let waiting = host.leases.len() - running.len();
            HostView {
                host: host.life.host,
                name: host.name.clone(),
                capacity: host.capacity.clone(),
                busy: host.busy_cores(),
                running,
                waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
                mode: host.mode,
                unmet: host.unmet,
                draining: host.draining,
                terms: self.terms.get(&host.name).cloned().unwrap_or_default(),
            }
        })
    }
}
