//! What a daemon holds, counted: for `sim` and tests, which ask whether it forgets what is over,
//! and for `posse doctor`. Reads only.

use crate::{Daemon, LinkId};
use posse_wire::msg::HostState;
use posse_wire::{CommandId, HostId, Incarnation};

/// A count of everything that grows and must shrink again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    pub links: usize,
    /// Commands whose processes, here or below, are not all over.
    pub commands: usize,
    /// Those of them that are detached and wait for a host that is down.
    pub adrift: Vec<CommandId>,
    /// Commands that are over and kept for those who may ask again over a new link.
    pub unsettled: Vec<CommandId>,
    /// Detached commands that are over, kept here or below until their origin drops them.
    pub held: Vec<CommandId>,
    /// Detached commands of which something is kept here that is on its way to their origin.
    pub behind: Vec<CommandId>,
    /// Hosts that are looked for.
    pub missing: usize,
    pub processes: usize,
    pub queries: usize,
    /// What processes hold of groups, mailbox and contexts, and their waits there.
    pub board: usize,
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
            adrift: self.commands.adrift(&self.missing).collect(),
            unsettled: self.commands.unsettled().collect(),
            held: self.commands.held().map(|(id, _)| id).collect(),
            behind: self.commands.behind().collect(),
            missing: self.missing.count(),
            processes: self.processes().count(),
            queries: self.queries.count(),
            board: self.board_count(),
            ups: self.requests.count() + self.held_ups.count(),
            joins: self.joins.len() + signing,
            routes: self.routes.all().collect(),
            deadlines: self.commands.deadlines(),
            kept: self.commands.kept_count(),
        }
    }

    /// Which incarnation of this host the owner's table has.
    pub fn host_incarnation(&self, host: HostId) -> Option<Incarnation> {
        self.members.get(host).map(|member| member.entry.incarnation)
    }

    /// How the owner's table has this host; `None` where there is no such host or no table.
    pub fn host_state(&self, host: HostId) -> Option<&HostState> {
        self.members.get(host).map(|member| &member.entry.state)
    }
}
