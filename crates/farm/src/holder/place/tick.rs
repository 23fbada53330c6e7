//! What is looked for from time to time, while there is work: hosts that did not come back,
//! tasks that wait too long, stragglers, work that lies at a host and does not move.

use super::super::Holder;
use super::super::host::Host;
use crate::words::Order;
use crate::{HostLife, Lease, limits};
use std::time::Duration;

impl Holder {
    /// When [`Holder::tick`] is to be called next. None: nothing is to be looked for.
    pub fn wake(&self) -> Option<Duration> {
        let works = |host: &Host| host.expected.is_some() || !host.leases.is_empty();
        let waits = self.needs.groups.values().any(|group| !group.queue.is_empty());
        let work = waits || self.hosts.values().any(works);
        work.then(|| self.now.max(self.ticked + limits::TICK))
    }

    pub fn tick(&mut self, now: Duration) {
        self.now = now;
        self.ticked = now;
        self.give_up_absent();
        self.recall_stalled();
        self.reserve();
        self.copy_stragglers();
        self.close();
    }

    fn give_up_absent(&mut self) {
        let late =
            self.hosts.values().filter(|host| host.expected.is_some_and(|at| at <= self.now));
        let late: Vec<HostLife> = late.map(|host| host.life).collect();
        late.into_iter().for_each(|life| self.host_gone(life, false));
    }

    fn recall_stalled(&mut self) {
        let now = self.now;
        let mut recalls: Vec<(HostLife, Vec<Lease>)> = vec![];
        for (id, host) in &mut self.hosts {
            if host.stalled && now >= host.moved + limits::STALL_FOR {
                host.stalled = false;
                host.moved = now;
                self.pending.room.insert(*id);
            }
            let still = now >= host.moved + limits::RECALL_AFTER;
            if host.takes_work() && still && host.idle().next().is_some() {
                host.stalled = true;
                recalls.push((host.life, host.idle().collect()));
            }
        }
        for (life, leases) in recalls {
            self.send(life, Order::Recall(leases), 0);
        }
    }
}
