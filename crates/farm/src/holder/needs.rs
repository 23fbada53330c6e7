//! Distinct needs of all tasks, and behind each the jobs that have ready tasks with them.
//!
//! A host that has room looks at these, not at jobs or tasks: there are few, whatever the number
//! of tasks. Called when work comes in and when it is placed.

use crate::{JobId, Needs};
use posse_wire::HostId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct NeedsId(u32);

/// Who goes first: greater priority, then fewer cores for its share, then the older job.
pub(super) type Rank = (Reverse<i16>, u64, JobId);

#[derive(Debug)]
pub(super) struct Group {
    pub needs: Arc<Needs>,
    /// Shapes of jobs that have it.
    users: u32,
    pub queue: BTreeSet<Rank>,
    /// Something came since all hosts were looked at: else those alone that got room are.
    pub fresh: bool,
    /// Since when its first job waits and no task of the group was placed.
    pub waiting: Option<Duration>,
    /// A host that is kept free of others until one fits.
    pub reserved: Option<HostId>,
}

#[derive(Debug, Default)]
pub(super) struct NeedsTable {
    ids: BTreeMap<Needs, NeedsId>,
    pub groups: BTreeMap<NeedsId, Group>,
    next: u32,
    /// Hostsets that tasks name. None: whoever knows the hosts has not said yet.
    sets: BTreeMap<String, Option<BTreeSet<HostId>>>,
}

impl NeedsTable {
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    pub fn knows(&self, needs: &Needs) -> bool {
        self.ids.contains_key(needs)
    }

    /// One more user of these. The hostset is returned where it is new.
    pub fn enter(&mut self, needs: &Needs) -> (NeedsId, Option<String>) {
        if let Some(id) = self.ids.get(needs) {
            if let Some(group) = self.groups.get_mut(id) {
                group.users += 1;
            }
            return (*id, None);
        }
        let id = NeedsId(self.next);
        self.next = self.next.wrapping_add(1);
        self.ids.insert(needs.clone(), id);
        let group = Group {
            needs: Arc::new(needs.clone()),
            users: 1,
            queue: BTreeSet::new(),
            fresh: true,
            waiting: None,
            reserved: None,
        };
        self.groups.insert(id, group);
        let new = !needs.hosts.is_empty() && !self.sets.contains_key(&needs.hosts);
        let hosts = new.then(|| needs.hosts.clone());
        if let Some(hosts) = &hosts {
            self.sets.insert(hosts.clone(), None);
        }
        (id, hosts)
    }

    /// One user less; the host that was reserved for it, if it was the last one.
    pub fn leave(&mut self, id: NeedsId) -> Option<HostId> {
        let group = self.groups.get_mut(&id)?;
        group.users -= 1;
        if group.users > 0 {
            return None;
        }
        let group = self.groups.remove(&id)?;
        self.ids.remove(&*group.needs);
        let hosts = &group.needs.hosts;
        if !self.ids.keys().any(|needs| needs.hosts == *hosts) {
            self.sets.remove(hosts);
        }
        group.reserved
    }

    pub fn resolve(&mut self, hosts: &str, members: BTreeSet<HostId>) {
        if let Some(set) = self.sets.get_mut(hosts) {
            *set = Some(members);
        }
    }

    pub fn sets(&self) -> impl Iterator<Item = &String> {
        self.sets.keys()
    }

    pub fn is_resolved(&self, needs: &Needs) -> bool {
        needs.hosts.is_empty() || self.sets.get(&needs.hosts).is_some_and(Option::is_some)
    }

    pub fn allows(&self, needs: &Needs, host: HostId) -> bool {
        let set = || self.sets.get(&needs.hosts)?.as_ref();
        needs.hosts.is_empty() || set().is_some_and(|set| set.contains(&host))
    }
}
