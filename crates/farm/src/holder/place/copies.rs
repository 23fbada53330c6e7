//! Stragglers: near the end of a job, a task that takes much longer than the others is begun a
//! second time elsewhere. The first result counts.

use super::super::Holder;
use super::super::job::State;
use super::choose::Chosen;
use crate::{JobId, TaskId, limits};
use posse_wire::HostId;

impl Holder {
    pub(super) fn copy_stragglers(&mut self) {
        if !self.disk {
            return;
        }
        let near_end = self.jobs.values().filter(|job| {
            let nobody_waits = job.counts.of(State::Ready) + job.counts.of(State::Waiting) == 0;
            nobody_waits && job.counts.of(State::Running) > 0 && !job.paused
        });
        let jobs: Vec<JobId> = near_end.map(|job| job.id).collect();
        jobs.into_iter().for_each(|job| self.copy_of(job));
    }

    fn copy_of(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(&id) else { return };
        let Some(usual) = job.pace.expect(1.0) else { return };
        let long = usual.mul_f64(self.settings.copy_after).max(limits::COPY_AFTER_AT_LEAST);
        let Some(before) = self.now.checked_sub(long) else { return };
        let tasks = job.flights.alone_since(before).take(limits::COPIES_PER_TICK);
        let tasks: Vec<u32> = tasks.collect();
        for index in tasks {
            self.copy_task(TaskId { job: id, index });
        }
    }

    fn copy_task(&mut self, task: TaskId) {
        let Some(job) = self.jobs.get_mut(&task.job) else { return };
        let shape = job.batch_of(task.index).shape;
        if !job.shapes[shape as usize].template.rules.second_copy || job.active >= job.spec.cap {
            return;
        }
        let id = job.needs_of(task.index);
        let Some(host) = self.host_for_copy(task) else { return };
        let Some(job) = self.jobs.get_mut(&task.job) else { return };
        let attempt = job.next_attempt(task.index);
        self.hand_one(id, task, attempt, &Chosen { host, tasks: 1, ahead: None });
    }

    /// Another host with room, the fastest.
    fn host_for_copy(&self, task: TaskId) -> Option<HostId> {
        let job = self.jobs.get(&task.job)?;
        let id = job.needs_of(task.index);
        let needs = &self.needs.groups.get(&id)?.needs;
        let first = job.flights.of(task.index).next()?.host.host;
        let could = self.hosts.values().filter(|host| {
            host.life.host != first
                && host.takes_work()
                && host.of_job(task.job) < job.spec.cap_per_host
                && self.needs.allows(needs, host.life.host)
                && self.is_free_for(host, id)
                && host.room.fits(needs)
        });
        Some(could.max_by(|a, b| a.speed.total_cmp(&b.speed))?.life.host)
    }
}
