//! The host for a job's next tasks, and how many of them go there.
//!
//! Room first, then where inputs are, then the fastest and emptiest. Where there are fewer tasks
//! than room, each host gets its part; where there are more, it is filled.

use super::super::Holder;
use super::super::host::Host;
use super::super::needs::NeedsId;
use crate::{JobId, Needs, limits};
use posse_wire::HostId;
use std::time::Duration;

/// Tasks to hand to a host.
pub(super) struct Chosen {
    pub host: HostId,
    pub tasks: u32,
    /// There is no room yet; they are to take so long each.
    pub ahead: Option<Duration>,
}

/// What a host could take.
struct Offer {
    host: HostId,
    granted: u32,
    ahead: u32,
    near: bool,
    /// Speed times what part of its cores is free.
    worth: f64,
}

/// A job that is not alone gets this part of a host at once, then the next job is looked at.
const PART_AT_ONCE: u32 = 8;

impl Holder {
    /// None: no host has room for it, or may have it.
    pub(super) fn choose<'a>(
        &self,
        id: NeedsId,
        job: JobId,
        alone: bool,
        hosts: impl Iterator<Item = &'a Host>,
    ) -> Option<Chosen> {
        let (group, known) = (self.needs.groups.get(&id)?, self.jobs.get(&job)?);
        let ready = known.ready.get(&id)?;
        let left = known.spec.cap.saturating_sub(known.active).min(ready.count);
        let (mut all, mut best): (u64, Option<Offer>) = (0, None);
        for host in hosts {
            let cap = known.spec.cap_per_host.saturating_sub(host.of_job(job));
            let most = left.min(cap);
            let usable = host.takes_work()
                && most > 0
                && self.needs.allows(&group.needs, host.life.host)
                && self.is_free_for(host, id);
            if !usable {
                continue;
            }
            let expect = known.pace.expect(host.speed);
            let near = ready.has_near(host.life.host);
            let offer = self.offer((host, job), &group.needs, most, expect, near);
            let Some(offer) = offer else { continue };
            all += u64::from(if offer.granted > 0 { offer.granted } else { 0 });
            if best.as_ref().is_none_or(|best| offer.is_better_than(best)) {
                best = Some(offer);
            }
        }
        let best = best?;
        let expect = known.pace.expect(self.hosts.get(&best.host)?.speed);
        let expect = expect.unwrap_or(self.settings.ahead);
        Some(best.part(u64::from(left), all, alone, expect))
    }

    fn offer(
        &self,
        (host, job): (&Host, JobId),
        needs: &Needs,
        most: u32,
        expect: Option<Duration>,
        near: bool,
    ) -> Option<Offer> {
        let granted = host.room.times(needs, most);
        let ahead = match expect {
            Some(expect) if granted == 0 => {
                let ahead = self.settings.ahead;
                host.ahead_room(needs, expect, ahead, limits::AHEAD_TASKS_MAX).min(most)
            }
            // Short tasks of others that are there ahead take all room that comes: one task, whose
            // time is not known yet, joins them.
            None if granted == 0 && host.of_job(job) == 0 && host.joins_ahead(needs) => most.min(1),
            _ => 0,
        };
        let free = f64::from(host.room.cores()) / f64::from(host.capacity.cores.max(1));
        let worth = host.speed * (free + 0.01);
        (granted + ahead > 0).then_some(Offer { host: host.life.host, granted, ahead, near, worth })
    }
}

impl Offer {
    fn is_better_than(&self, other: &Offer) -> bool {
        let key = |offer: &Offer| (offer.granted > 0, offer.near);
        let (mine, its) = (key(self), key(other));
        mine > its || (mine == its && self.worth > other.worth)
    }

    /// How many of `ready` tasks, of the room for `all` that hosts have.
    fn part(self, ready: u64, all: u64, alone: bool, expect: Duration) -> Chosen {
        let room = if self.granted > 0 { self.granted } else { self.ahead };
        let even = (ready * u64::from(room)).div_ceil(all.max(1)).max(1);
        let even = if self.granted > 0 { even.min(u64::from(room)) } else { u64::from(room) };
        let tasks = if alone { even } else { (even / u64::from(PART_AT_ONCE)).max(1) };
        // At most `room`, which is a u32.
        let tasks = u32::try_from(tasks).unwrap_or(room);
        Chosen { host: self.host, tasks, ahead: (self.granted == 0).then_some(expect) }
    }
}
