//! The holder itself: what it keeps, what comes in and goes out.
//!
//! Everything that comes in ends in `close`: what was decided goes to the journal, free room is
//! given to tasks, orders are collected.

use super::host::Host;
use super::job::Job;
use super::needs::NeedsTable;
use super::{Effect, Settings};
use crate::journal::{Outcome, Record, Writer};
use crate::row::Row;
use crate::words::{Hand, Handed, Order};
use crate::{Epoch, Fill, HostLife, JobId, Lease, TaskId, TaskSpec, limits};
use posse_wire::HostId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Debug)]
pub struct Holder {
    pub(super) settings: Settings,
    pub(super) epoch: Epoch,
    /// The journal says so up to here. Nothing is sent before that is durable: else another life
    /// could have the same.
    pub(super) epoch_end: u64,
    pub(super) jobs: BTreeMap<JobId, Job>,
    pub(super) next_job: JobId,
    pub(super) hosts: BTreeMap<HostId, Host>,
    pub(super) needs: NeedsTable,
    pub(super) journal: Writer,
    /// Bytes of the last snapshot.
    pub(super) snapshot_bytes: u64,
    /// The journal can be written.
    pub(super) disk: bool,
    /// Since something last came in, all by the driver's clock.
    pub(super) now: Duration,
    /// When it last looked for what time brings.
    pub(super) ticked: Duration,
    pub(super) pending: Pending,
}

/// What is collected while one thing that came in is dealt with.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Hosts that got room.
    pub room: BTreeSet<HostId>,
    /// Jobs whose standing may have changed.
    pub touched: BTreeSet<JobId>,
    pub outcomes: BTreeMap<JobId, Vec<Outcome>>,
    /// Ends that hosts may forget once the outcomes are durable.
    taken: BTreeMap<HostId, Vec<Lease>>,
    ends: BTreeMap<HostId, Vec<Lease>>,
    /// By host, job and shape.
    hands: BTreeMap<(HostId, JobId, u32), Vec<Handed>>,
    journal: Vec<u8>,
    effects: Vec<Effect>,
}

impl Holder {
    /// One without a past. A life that follows another one comes from the journal
    /// ([`Holder::recover`]).
    pub fn new(settings: Settings, epoch: Epoch) -> Holder {
        let mut holder = Holder::empty(settings);
        holder.begin(epoch);
        holder
    }

    pub(super) fn begin(&mut self, epoch: Epoch) {
        self.epoch = epoch;
        self.write(&Record::Epoch(epoch));
        self.epoch_end = self.journal.end();
    }

    pub(super) fn empty(settings: Settings) -> Holder {
        Holder {
            settings,
            epoch: Epoch(0),
            epoch_end: 0,
            jobs: BTreeMap::new(),
            next_job: JobId(1),
            hosts: BTreeMap::new(),
            needs: NeedsTable::default(),
            journal: Writer::default(),
            snapshot_bytes: 0,
            disk: true,
            now: Duration::ZERO,
            ticked: Duration::ZERO,
            pending: Pending::default(),
        }
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// A number that no job of this holder had.
    pub fn next_job(&self) -> JobId {
        self.next_job
    }

    pub fn jobs(&self) -> impl Iterator<Item = JobId> {
        self.jobs.keys().copied()
    }

    /// The result of a task that is over, as far as this life knows; it may be in the journal and
    /// not durable yet.
    pub fn row(&self, task: TaskId) -> Option<Row> {
        self.jobs.get(&task.job)?.row(task.index)
    }

    /// The parameters of a task: one value for each column of its template, and their names.
    pub fn parameters(&self, task: TaskId) -> Option<(&[String], Vec<String>)> {
        let job = self.jobs.get(&task.job)?;
        job.task(task.index)?;
        let batch = job.batch_of(task.index);
        let columns = &job.shapes[batch.shape as usize].template.columns;
        Some((columns, batch.values(task.index)))
    }

    /// A task as its hosts make it, but for its slot, which is 1 here.
    pub fn spec(&self, task: TaskId) -> Option<TaskSpec> {
        let job = self.jobs.get(&task.job)?;
        job.task(task.index)?;
        let batch = job.batch_of(task.index);
        let shape = &job.shapes[batch.shape as usize];
        let needs = shape.kinds[usize::from(batch.kind(task.index))].clone();
        let values = batch.values(task.index);
        let fill = Fill { values: &values, number: u64::from(task.index) + 1, slot: 1 };
        Some(shape.template.fill(&job.spec, needs, fill))
    }

    /// Whether this attempt is under way at that host.
    pub fn is_under_way(&self, lease: Lease, at: HostId) -> bool {
        let job = self.jobs.get(&lease.task.job);
        let flight = job.and_then(|job| job.flights.find(lease.task.index, lease));
        flight.is_some_and(|flight| flight.host.host == at)
    }

    /// The journal up to here is on disk.
    pub fn durable(&mut self, upto: u64) {
        self.journal.durable(upto);
    }

    /// The journal can not be written (any more), or can be again. While it can not, nothing new
    /// is taken or started.
    pub fn disk(&mut self, now: Duration, works: bool) {
        self.now = now;
        self.disk = works;
        self.look_everywhere();
        self.close();
    }

    /// What is to be done, since the last time. The journal's bytes are first.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        let mut effects = vec![];
        if !self.pending.journal.is_empty() {
            let bytes = std::mem::take(&mut self.pending.journal);
            effects.push(Effect::Journal { bytes, upto: self.journal.end() });
        }
        effects.append(&mut self.pending.effects);
        effects
    }

    pub(super) fn write(&mut self, record: &Record) {
        self.journal.push(record, &mut self.pending.journal);
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.pending.effects.push(effect);
    }

    pub(super) fn send(&mut self, to: HostLife, order: Order, after: u64) {
        let after = after.max(self.epoch_end);
        self.effect(Effect::Send { to, order, after });
    }

    /// The end of this lease is kept or not wanted: its host may forget it.
    pub(super) fn taken(&mut self, host: HostId, lease: Lease) {
        self.pending.taken.entry(host).or_default().push(lease);
    }

    /// This attempt is to be ended: its result is not wanted.
    pub(super) fn end(&mut self, host: HostId, lease: Lease) {
        let Some(known) = self.hosts.get_mut(&host) else { return };
        if let Some(held) = known.leases.get_mut(&lease) {
            held.void = true;
        }
        if known.attached {
            self.pending.ends.entry(host).or_default().push(lease);
        }
    }

    pub(super) fn outcome(&mut self, job: JobId, outcome: Outcome) {
        self.pending.outcomes.entry(job).or_default().push(outcome);
        self.pending.touched.insert(job);
    }

    pub(super) fn hand(&mut self, host: HostId, job: JobId, shape: u32, handed: Handed) {
        self.pending.hands.entry((host, job, shape)).or_default().push(handed);
    }

    /// All hosts and all needs are looked at anew.
    pub(super) fn look_everywhere(&mut self) {
        self.pending.room.extend(self.hosts.keys().copied());
        self.needs.groups.values_mut().for_each(|group| group.fresh = true);
    }

    /// Decides what follows from what came in.
    pub(super) fn close(&mut self) {
        self.write_outcomes();
        self.place();
        self.send_ends();
        self.send_hands();
        self.send_taken();
        self.tell_over();
    }

    pub(super) fn write_outcomes(&mut self) {
        for (job, list) in std::mem::take(&mut self.pending.outcomes) {
            self.write(&Record::Outcomes { job, list });
        }
    }

    fn send_ends(&mut self) {
        for (host, leases) in std::mem::take(&mut self.pending.ends) {
            let Some(host) = self.hosts.get(&host) else { continue };
            self.send(host.life, Order::End(leases), 0);
        }
    }

    fn send_hands(&mut self) {
        for ((host, job, shape), tasks) in std::mem::take(&mut self.pending.hands) {
            let Some(life) = self.hosts.get(&host).map(|host| host.life) else { continue };
            let numbers = tasks.iter().map(|task| (task.index, task.attempt)).collect();
            let epoch = self.epoch;
            self.write(&Record::Handed { job, host: life, epoch, tasks: numbers });
            self.tell_shape(host, job, shape);
            for tasks in tasks.chunks(limits::HAND_TASKS_MAX) {
                let order = Order::Hand(Hand { job, shape, tasks: tasks.to_vec() });
                self.send(life, order, 0);
            }
        }
    }

    fn tell_shape(&mut self, host: HostId, job: JobId, number: u32) {
        let (Some(host), Some(known)) = (self.hosts.get_mut(&host), self.jobs.get(&job)) else {
            return;
        };
        if host.shapes.insert((job, number)) {
            let shape = known.shape(number);
            let life = host.life;
            self.send(life, Order::Shape(Box::new(shape)), 0);
        }
    }

    fn send_taken(&mut self) {
        let after = self.journal.end();
        for (host, leases) in std::mem::take(&mut self.pending.taken) {
            let Some(host) = self.hosts.get(&host) else { continue };
            self.send(host.life, Order::Taken(leases), after);
        }
    }

    fn tell_over(&mut self) {
        for id in std::mem::take(&mut self.pending.touched) {
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            if job.is_over() && !job.told_over {
                job.told_over = true;
                self.forget_shapes(id);
                self.effect(Effect::Over(id));
            }
        }
    }

    /// Hosts need not know any more what tasks of this job are made from.
    pub(super) fn forget_shapes(&mut self, job: JobId) {
        let mut told = vec![];
        for host in self.hosts.values_mut() {
            let knew = host.shapes.len();
            host.shapes.retain(|(other, _)| *other != job);
            if host.shapes.len() < knew {
                told.push(host.life);
            }
        }
        told.into_iter().for_each(|life| self.send(life, Order::Forget(job), 0));
    }
}
