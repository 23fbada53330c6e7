//! What people ask of their jobs. Each answer waits for a place in the journal.

use super::Holder;
use super::effect::Effect;
use super::job::{Job, State};
use super::needs::NeedsId;
use super::request::{Answer, Refused, Request};
use crate::journal::Record;
use crate::row::{End, Row};
use crate::{Batch, JobId, JobSpec, TaskId, limits};
use posse_wire::HostId;
use std::collections::BTreeSet;
use std::time::Duration;

impl Holder {
    /// The answer, to be given once the journal is durable up to the number beside it.
    pub fn request(&mut self, now: Duration, request: Request) -> (Answer, u64) {
        self.now = now;
        let answer = match self.obey(request) {
            Ok(tasks) => Answer::Done { tasks },
            Err(refused) => {
                self.close();
                return (Answer::Refused(refused), 0);
            }
        };
        // Before room is given to tasks: nobody waits for what that writes.
        let after = self.journal.end();
        self.close();
        (answer, after)
    }

    fn obey(&mut self, request: Request) -> Result<u32, Refused> {
        if !self.disk && !matches!(request, Request::Drain { .. }) {
            return Err(Refused::Disk);
        }
        match request {
            Request::Open { job, spec } => self.open(job, *spec),
            Request::Add { job, first, batch } => self.add(job, first, *batch),
            Request::Seal(job) => {
                let known = self.job(job)?;
                let record = (!known.sealed).then_some(Record::Seal(job));
                known.sealed = true;
                self.changed(job, record)
            }
            Request::Kill { job, tasks } => self.kill(job, tasks),
            Request::Retry { job, failed, lost } => {
                self.job(job)?.retry(failed, lost);
                self.changed(job, Some(Record::Retry { job, failed, lost }))
            }
            Request::Pause { job, paused } => {
                let known = self.job(job)?;
                let record = (known.paused != paused).then_some(Record::Pause { job, paused });
                known.paused = paused;
                self.changed(job, record)
            }
            Request::Drop(job) => self.drop_job(job),
            Request::Drain { host, draining, now } => self.drain(host, draining, now),
            Request::Terms { host, terms } => self.set_terms(host, *terms),
            Request::Reopen(job) => {
                let known = self.job(job)?;
                let record = known.sealed.then_some(Record::Reopen(job));
                known.reopen();
                self.changed(job, record)
            }
        }
    }

    fn job(&mut self, job: JobId) -> Result<&mut Job, Refused> {
        self.jobs.get_mut(&job).ok_or(Refused::NoJob(job))
    }

    fn changed(&mut self, job: JobId, record: Option<Record>) -> Result<u32, Refused> {
        if let Some(record) = record {
            self.write(&record);
        }
        self.pending.touched.insert(job);
        Ok(self.job(job)?.tasks())
    }

    fn open(&mut self, job: JobId, spec: JobSpec) -> Result<u32, Refused> {
        spec.check()?;
        if let Some(known) = self.jobs.get(&job) {
            return if known.spec == spec { Ok(known.tasks()) } else { Err(Refused::Taken(job)) };
        }
        if job < self.next_job {
            return Err(Refused::Taken(job));
        }
        if self.jobs.len() >= limits::JOBS_MAX {
            return Err(Refused::Jobs(self.jobs.len()));
        }
        let mut open = self.jobs.values().filter(|other| !other.is_over());
        let same = open.find(|other| !spec.name.is_empty() && other.spec.name == spec.name);
        if let Some(same) = same {
            return Err(Refused::Name { name: spec.name, job: same.id });
        }
        self.next_job = JobId(job.0.saturating_add(1));
        self.jobs.insert(job, Job::new(job, spec.clone(), true));
        self.changed(job, Some(Record::Open { job, spec: Box::new(spec) }))
    }

    fn add(&mut self, id: JobId, first: u32, batch: Batch) -> Result<u32, Refused> {
        let job = self.job(id)?;
        let tasks = job.tasks();
        if first < tasks && first.saturating_add(batch.tasks) <= tasks {
            // Asked again.
            return Ok(tasks);
        }
        if job.sealed {
            return Err(Refused::Sealed(id));
        }
        if first != tasks {
            return Err(Refused::Gap { job: id, tasks });
        }
        batch.check(first)?;
        job.check_after(&batch)?;
        let new = batch.kinds.iter().filter(|needs| !self.needs.knows(needs)).count();
        if self.needs.len() + new > limits::NEEDS_MAX {
            return Err(Refused::Needs(self.needs.len()));
        }
        let record = Record::Add { job: id, first, batch: Box::new(batch) };
        self.write(&record);
        if let Record::Add { batch, .. } = record {
            self.take_batch(id, *batch);
        }
        self.changed(id, None)
    }

    /// A checked batch for a job that is there, also from the journal.
    pub(super) fn take_batch(&mut self, id: JobId, batch: Batch) {
        let Some(job) = self.jobs.get(&id) else { return };
        let mut ids = None;
        if !job.has_shape_of(&batch) {
            let mut entered: Vec<NeedsId> = vec![];
            for needs in &batch.kinds {
                let (needs, hosts) = self.needs.enter(needs);
                entered.push(needs);
                if let Some(hosts) = hosts {
                    self.effect(Effect::Resolve { hosts });
                }
            }
            ids = Some(entered);
        }
        if let Some(job) = self.jobs.get_mut(&id) {
            job.add(batch, ids);
        }
    }

    fn kill(&mut self, id: JobId, tasks: Option<Vec<u32>>) -> Result<u32, Refused> {
        let job = self.job(id)?;
        let count = job.tasks();
        let missing = tasks.iter().flatten().find(|index| **index >= count);
        if let Some(missing) = missing {
            return Err(Refused::NoTask { job: id, task: u64::from(*missing) + 1 });
        }
        self.kill_tasks(id, tasks.as_deref());
        self.changed(id, Some(Record::Kill { job: id, tasks }))
    }

    /// Also from the journal, then with nobody to tell.
    pub(super) fn kill_tasks(&mut self, id: JobId, tasks: Option<&[u32]>) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let all = 0..job.tasks();
        let chosen: Vec<u32> = match tasks {
            Some(tasks) => tasks.iter().copied().filter(|index| all.contains(index)).collect(),
            None => all.collect(),
        };
        // From the last on, so that those that wait for others are killed and not skipped.
        let mut ended = vec![];
        for index in chosen.into_iter().rev() {
            let open = job.task(index).filter(|task| !task.state.is_over());
            let Some(attempts) = open.map(|task| task.attempts) else { continue };
            ended.extend(job.flights.remove_all(index));
            job.over(index, &Row::without(End::Killed, attempts));
        }
        for flight in ended {
            self.end(flight.host.host, flight.lease);
        }
    }

    fn drop_job(&mut self, id: JobId) -> Result<u32, Refused> {
        if !self.job(id)?.is_over() {
            return Err(Refused::NotOver(id));
        }
        self.forget_job(id);
        self.write(&Record::Drop(id));
        Ok(0)
    }

    /// Also from the journal.
    pub(super) fn forget_job(&mut self, id: JobId) {
        self.unlist(id);
        self.forget_shapes(id);
        let Some(job) = self.jobs.remove(&id) else { return };
        for needs in job.shapes.iter().flat_map(|shape| &shape.ids) {
            let kept = self.needs.leave(*needs);
            self.free(kept);
        }
    }

    /// Which hosts a hostset is, in answer to [`Effect::Resolve`] and whenever that changes.
    pub fn resolved(&mut self, now: Duration, hosts: &str, members: BTreeSet<HostId>) {
        self.now = now;
        self.needs.resolve(hosts, members);
        self.look_everywhere();
        self.close();
    }

    /// The state of a task, if it is there.
    pub fn state(&self, task: TaskId) -> Option<State> {
        self.jobs.get(&task.job)?.state(task.index)
    }
}
