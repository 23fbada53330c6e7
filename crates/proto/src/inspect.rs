//! What a daemon holds, counted: for `sim` and tests, which ask whether it forgets what is over,
//! and for `posse doctor`. Reads only.

use crate::{Daemon, LinkId};
use posse_wire::msg::HostState;
use posse_wire::{CommandId, HostId};

/// A count of everything that grows and must shrink again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    pub links: usize,
    /// Commands whose processes, here or below, are not all over.
    pub commands: usize,
    /// Those of them that are detached and have lost the way to their origin: nobody can come
    /// back to them, and they end with their processes or with the host's linger time.
    pub adrift: Vec<CommandId>,
    pub processes: usize,
    pub queries: usize,
    /// Calls of `up` that wait for a host.
    pub ups: usize,
    /// Hosts that asked to be admitted, here or through this relay.
    pub joins: usize,
    pub routes: Vec<(HostId, LinkId)>,
    pub deadlines: usize,
    /// Detached commands that are over.
    pub kept: usize,
}

impl Daemon {
    pub fn inspect(&self) -> Inspection {
        let signing: usize = self.links.values().map(|link| link.joining.len()).sum();
        Inspection {
            links: self.links.len(),
            commands: self.commands.count(),
            adrift: self.commands.adrift().collect(),
            processes: self.processes().count(),
            queries: self.queries.count(),
            ups: self.requests.count(),
            joins: self.joins.len() + signing,
            routes: self.routes.all().collect(),
            deadlines: self.commands.deadlines(),
            kept: self.commands.kept_count(),
        }
    }

    /// How the owner's table has this host; `None` where there is no such host or no table.
    pub fn host_state(&self, host: HostId) -> Option<&HostState> {
        self.members.get(host).map(|member| &member.entry.state)
    }
}
