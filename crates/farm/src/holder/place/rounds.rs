//! Free room is given to tasks: whichever job is next gets some, until nothing fits anywhere.
//!
//! Where nothing has changed nothing is looked at: needs for which there was no room anywhere are
//! tried again on those hosts alone that got some.

use super::super::Holder;
use super::super::needs::{NeedsId, Rank};
use super::choose::Chosen;
use crate::words::Handed;
use crate::{JobId, Lease, TaskId, limits};
use posse_wire::HostId;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

impl Holder {
    pub(in crate::holder) fn place(&mut self) {
        let touched: Vec<JobId> = self.pending.touched.iter().copied().collect();
        touched.into_iter().for_each(|job| self.refresh(job));
        let room: Vec<HostId> = std::mem::take(&mut self.pending.room).into_iter().collect();
        if !self.disk {
            return;
        }
        let mut next: BinaryHeap<Reverse<(Rank, NeedsId)>> = self
            .needs
            .groups
            .iter()
            .filter(|(_, group)| group.fresh || !room.is_empty())
            .filter_map(|(id, group)| Some(Reverse((*group.queue.first()?, *id))))
            .collect();
        while let Some(Reverse((_, id))) = next.pop() {
            if self.place_some(id, &room, next.is_empty()) {
                let first = self.needs.groups.get(&id).and_then(|group| group.queue.first());
                next.extend(first.map(|first| Reverse((*first, id))));
            }
        }
    }

    /// Gives some room to the first job with these needs that can have it. False: none can.
    /// `last`: nobody with other needs is left.
    fn place_some(&mut self, id: NeedsId, room: &[HostId], last: bool) -> bool {
        let Some(group) = self.needs.groups.get(&id) else { return false };
        let fresh = group.fresh;
        let jobs: Vec<Rank> = group.queue.iter().take(limits::LOOK_AHEAD_JOBS).copied().collect();
        for rank in &jobs {
            let alone = last && group_is_alone(&jobs, rank);
            let chosen = if fresh {
                self.choose(id, rank.2, alone, self.hosts.values())
            } else {
                let hosts = room.iter().filter_map(|host| self.hosts.get(host));
                self.choose(id, rank.2, alone, hosts)
            };
            if chosen.is_some_and(|chosen| self.hand_out(id, rank.2, chosen)) {
                return true;
            }
        }
        self.nothing_fits(id, !jobs.is_empty());
        false
    }

    /// Hands tasks of a job to the host that was chosen. False: there was none to hand out.
    fn hand_out(&mut self, id: NeedsId, job: JobId, chosen: Chosen) -> bool {
        let mut handed = false;
        for _ in 0..chosen.tasks {
            let known = self.jobs.get_mut(&job);
            let taken = known.and_then(|known| known.take(id, chosen.host));
            let Some((index, attempt)) = taken else { break };
            self.hand_one(id, TaskId { job, index }, attempt, &chosen);
            handed = true;
        }
        self.was_placed(id);
        self.refresh(job);
        handed
    }

    /// Notes that this attempt goes to that host.
    pub(super) fn hand_one(&mut self, id: NeedsId, task: TaskId, attempt: u32, to: &Chosen) {
        let lease = Lease { task, epoch: self.epoch, attempt };
        let (Some(host), Some(group)) = (self.hosts.get_mut(&to.host), self.needs.groups.get(&id))
        else {
            return;
        };
        let Some(job) = self.jobs.get_mut(&task.job) else { return };
        host.put(lease, group.needs.clone(), to.ahead);
        host.moved = self.now;
        job.fly(lease, host.life, u64::from(group.needs.cores));
        let batch = job.batch_of(task.index);
        let (shape, kind) = (batch.shape, batch.kind(task.index));
        let values = batch.values(task.index);
        let handed = Handed { index: task.index, attempt, kind, values };
        self.hand(to.host, task.job, shape, handed);
    }
}

/// No other job of its priority waits for the same.
fn group_is_alone(jobs: &[Rank], rank: &Rank) -> bool {
    !jobs.iter().any(|other| other.0 == rank.0 && other.2 != rank.2)
}
