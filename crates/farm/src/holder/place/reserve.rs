//! Small tasks pass a large one that waits for room, but not for ever: after a while a host that
//! is large enough is kept free of others until it fits.

use super::super::Holder;
use super::super::host::Host;
use super::super::needs::NeedsId;
use crate::room::Room;
use posse_wire::HostId;

impl Holder {
    /// Whether tasks with these needs may be placed there, as far as reservations go: a host that
    /// is kept for others takes only what has greater priority than those.
    pub(super) fn is_free_for(&self, host: &Host, id: NeedsId) -> bool {
        let Some(kept_for) = host.reserved.filter(|kept_for| *kept_for != id) else { return true };
        let first = |id| Some(self.needs.groups.get(&id)?.queue.first()?.0);
        match (first(id), first(kept_for)) {
            // Reversed, so that greater priorities are less.
            (Some(mine), Some(theirs)) => mine < theirs,
            _ => true,
        }
    }

    /// Something with these needs was placed.
    pub(super) fn was_placed(&mut self, id: NeedsId) {
        let Some(group) = self.needs.groups.get_mut(&id) else { return };
        group.waiting = None;
        let host = group.reserved.take();
        self.free(host);
    }

    /// Nothing with these needs fits anywhere. `waits`: a job would have it.
    pub(super) fn nothing_fits(&mut self, id: NeedsId, waits: bool) {
        let now = self.now;
        let Some(group) = self.needs.groups.get_mut(&id) else { return };
        group.fresh = false;
        if waits {
            group.waiting.get_or_insert(now);
            return;
        }
        self.was_placed(id);
    }

    /// A host is not kept for anybody any more.
    pub(in crate::holder) fn free(&mut self, host: Option<HostId>) {
        let Some(host) = host else { return };
        if let Some(known) = self.hosts.get_mut(&host) {
            known.reserved = None;
            self.pending.room.insert(host);
        }
    }

    /// Keeps hosts for those that have waited too long.
    pub(super) fn reserve(&mut self) {
        let (now, after) = (self.now, self.settings.reserve_after);
        let late = self.needs.groups.iter().filter(|(_, group)| {
            let waits = group.waiting.is_some_and(|since| now >= since + after);
            waits && group.reserved.is_none() && !group.queue.is_empty()
        });
        let late: Vec<NeedsId> = late.map(|(id, _)| *id).collect();
        for id in late {
            let Some(host) = self.best_to_keep(id) else { continue };
            if let Some(known) = self.hosts.get_mut(&host) {
                known.reserved = Some(id);
            }
            if let Some(group) = self.needs.groups.get_mut(&id) {
                group.reserved = Some(host);
            }
        }
    }

    /// One that could hold it if it were empty, with most cores free.
    fn best_to_keep(&self, id: NeedsId) -> Option<HostId> {
        let group = self.needs.groups.get(&id)?;
        let could = self.hosts.values().filter(|host| {
            host.takes_work()
                && host.reserved.is_none()
                && self.needs.allows(&group.needs, host.life.host)
                && Room::of(&host.capacity).fits(&group.needs)
        });
        Some(could.max_by_key(|host| host.room.cores())?.life.host)
    }
}
