//! What tasks print while they run, for those who look at it: hosts tell the holder what is new ten
//! times a second, the holder passes it on and keeps none of it. All of it comes again with the end
//! of the task, so that nothing is lost where some of this is. Called by `desk`, `mail`, `worker`.

use super::holder::Held;
use super::limits::{LIVE_BYTES, LIVE_EVERY, LIVE_MAX, LIVE_PART_BYTES};
use super::worker::Work;
use crate::shell::Shell;
use posse_farm::ask::Said;
use posse_farm::letter::{Part, Reports};
use posse_farm::{Epoch, JobId};
use posse_proto::LinkId;
use posse_wire::{CommandId, HostId};
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::task::spawn_local;
use tokio::time::sleep;

/// A front end and its question.
type Who = (LinkId, CommandId);

/// At the holder: who looks at which jobs.
#[derive(Default)]
pub(super) struct Lives {
    all: Vec<(JobId, Who)>,
    /// How often somebody began to look: hosts begin anew when it grows.
    began: u32,
    by_job: BTreeMap<JobId, u32>,
}

impl Lives {
    /// For hosts: jobs, and a number that grows when all is to be told again.
    pub fn jobs(&self) -> Vec<(JobId, u32)> {
        self.by_job.iter().map(|(job, began)| (*job, *began)).collect()
    }

    /// False where nothing has changed.
    fn leave(&mut self, stays: impl Fn(&(JobId, Who)) -> bool) -> bool {
        let before = self.by_job.len();
        self.all.retain(stays);
        let all = &self.all;
        self.by_job.retain(|job, _| all.iter().any(|(other, _)| other == job));
        self.by_job.len() < before
    }
}

impl Held {
    /// As `follow`, with what tasks print.
    pub(super) fn look(&mut self, who: Who, job: JobId) {
        let is_open = self.holder.summary(job).is_some_and(|summary| !summary.over);
        if is_open && self.lives.all.len() >= LIVE_MAX {
            let why = "too many look at what tasks print; try again".to_owned();
            return self.say(who, Said::Refused { why }, 0);
        }
        if is_open {
            let lives = &mut self.lives;
            lives.began = lives.began.wrapping_add(1);
            lives.all.push((job, who));
            lives.by_job.insert(job, lives.began);
            self.say_there();
        }
        self.follow(who, job);
    }

    pub(super) fn look_away(&mut self, goes: impl Fn(&(JobId, Who)) -> bool) {
        if self.lives.leave(|one| !goes(one)) {
            self.say_there();
        }
    }

    /// A host told this.
    pub(super) fn parts(&mut self, parts: Vec<Part>) {
        for part in parts {
            let task = part.lease.task;
            if self.holder.state(task).is_none_or(|state| state.is_over()) {
                continue;
            }
            let of = self.lives.all.iter().filter(|(job, _)| *job == task.job);
            for who in of.map(|(_, who)| *who).collect::<Vec<_>>() {
                self.say(who, Said::Part(part.clone()), 0);
            }
        }
    }
}

/// On a host: of which jobs it tells what they print.
#[derive(Default)]
pub(super) struct Looked {
    by_holder: BTreeMap<HostId, (Epoch, BTreeMap<JobId, u32>)>,
    /// It is told soon.
    telling: bool,
}

impl Shell {
    /// What a holder's letter says of it.
    pub(super) fn looked_at(self: &Rc<Self>, from: HostId, epoch: Epoch, jobs: Vec<(JobId, u32)>) {
        let jobs: BTreeMap<JobId, u32> = jobs.into_iter().collect();
        let mut looked = self.farm.looked.borrow_mut();
        if jobs.is_empty() {
            looked.by_holder.remove(&from);
            return;
        }
        let before = looked.by_holder.insert(from, (epoch, jobs.clone()));
        let before = before.map(|(_, jobs)| jobs).unwrap_or_default();
        if let Some(work) = self.farm.work.borrow().as_ref() {
            let anew = |job: &JobId| jobs.contains_key(job) && jobs.get(job) != before.get(job);
            let attempts = work.attempts.values().filter(|one| one.key().0 == from);
            let attempts = attempts.filter(|one| anew(&one.key().1.task.job));
            attempts.flat_map(|one| one.streams()).for_each(|(_, stream)| stream.tell_again());
        }
        if std::mem::replace(&mut looked.telling, true) {
            return;
        }
        drop(looked);
        let shell = self.clone();
        spawn_local(async move {
            while shell.tell_parts() {
                sleep(LIVE_EVERY).await;
            }
        });
    }

    /// False where nobody looks any more.
    fn tell_parts(self: &Rc<Self>) -> bool {
        let by_holder = self.farm.looked.borrow().by_holder.clone();
        let incarnation = self.with_daemon(|daemon| daemon.incarnation());
        for (to, (epoch, jobs)) in &by_holder {
            let parts = match self.farm.work.borrow().as_ref() {
                Some(work) => parts_of(work, *to, jobs),
                None => Vec::new(),
            };
            if !parts.is_empty() {
                let (reports, outputs) = (Vec::new(), Vec::new());
                let letter = Reports { epoch: *epoch, incarnation, reports, outputs, parts };
                self.send_reports(*to, &letter);
            }
        }
        self.farm.looked.borrow_mut().telling = !by_holder.is_empty();
        !by_holder.is_empty()
    }
}

/// What is new, as much as one letter takes.
fn parts_of(work: &Work, to: HostId, jobs: &BTreeMap<JobId, u32>) -> Vec<Part> {
    let (mut parts, mut bytes) = (Vec::new(), 0);
    for attempt in work.attempts.values() {
        let (holder, lease) = attempt.key();
        if holder != to || !jobs.contains_key(&lease.task.job) {
            continue;
        }
        for (fd, stream) in attempt.streams() {
            if bytes >= LIVE_BYTES {
                return parts;
            }
            if let Some((at, new)) = stream.news(LIVE_PART_BYTES) {
                bytes += new.len();
                parts.push(Part { lease, is_error: fd == 2, at, bytes: new });
            }
        }
    }
    parts
}
