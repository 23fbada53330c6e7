//! What a holder knows of one host, and what it has handed to it.
//!
//! A task is *granted* when there is room for it by the holder's count, and handed *ahead* when
//! there is none yet, so that the host finds its next task without asking. The host itself never
//! starts more than fits.

use super::needs::NeedsId;
use crate::policy::Unmet;
use crate::room::{Capacity, Room};
use crate::worker::Mode;
use crate::{HostLife, JobId, Lease, Needs, limits};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Host {
    pub life: HostLife,
    pub name: String,
    pub capacity: Capacity,
    pub room: Room,
    /// What others than this holder use.
    busy: Needs,
    pub leases: BTreeMap<Lease, Held>,
    ahead: VecDeque<Lease>,
    /// Work that was handed ahead: expected microseconds times thousandths of cores.
    ahead_work: u64,
    pub per_job: BTreeMap<JobId, u32>,
    /// Shapes of jobs that it has been told.
    pub shapes: BTreeSet<(JobId, u32)>,
    /// It has said what it has of ours.
    pub attached: bool,
    /// Until then it may come back, after a start of the holder.
    pub expected: Option<Duration>,
    /// What its own policy lets it do, and why it is not more.
    pub mode: Mode,
    pub unmet: Option<Unmet>,
    pub draining: bool,
    /// Beside other hosts, for the same tasks.
    pub speed: f64,
    /// It is kept for tasks with these needs.
    pub reserved: Option<NeedsId>,
    /// When an attempt last ended or began on it.
    pub moved: Duration,
    /// Nothing began or ended there for long, and what waited was called back: it gets no more
    /// until something does, or some time has passed.
    pub stalled: bool,
}

/// An attempt at a host.
#[derive(Debug)]
pub(super) struct Held {
    pub needs: Arc<Needs>,
    granted: bool,
    /// The host said that it starts it.
    started: bool,
    work: u64,
    /// Its result is not wanted any more.
    pub void: bool,
}

impl Host {
    pub fn new(life: HostLife, now: Duration) -> Host {
        Host {
            life,
            name: String::new(),
            capacity: Capacity::default(),
            room: Room::default(),
            busy: Needs { cores: 0, ..Needs::default() },
            leases: BTreeMap::new(),
            ahead: VecDeque::new(),
            ahead_work: 0,
            per_job: BTreeMap::new(),
            shapes: BTreeSet::new(),
            attached: false,
            expected: None,
            mode: Mode::Run,
            unmet: None,
            draining: false,
            speed: 1.0,
            reserved: None,
            moved: now,
            stalled: false,
        }
    }

    pub fn takes_work(&self) -> bool {
        self.attached && self.mode == Mode::Run && !self.draining && !self.stalled
    }

    pub fn set_capacity(&mut self, capacity: Capacity, busy: &Capacity) {
        self.busy = Needs {
            cores: busy.cores,
            memory: busy.memory,
            gpus: busy.gpus,
            named: busy.named.clone(),
            hosts: String::new(),
        };
        self.room = Room::of(&capacity);
        self.capacity = capacity;
        self.room.take(&self.busy);
        let granted = self.leases.values().filter(|held| held.granted);
        granted.for_each(|held| self.room.take(&held.needs));
        self.promote();
    }

    /// What it may be handed ahead for tasks that take so long, in tasks: as much as it works in
    /// the time `ahead` by all its cores.
    pub fn ahead_room(&self, needs: &Needs, expect: Duration, ahead: Duration, most: u32) -> u32 {
        if !Room::of(&self.capacity).fits(needs) {
            return 0;
        }
        let all = work(ahead, self.capacity.cores.max(1000));
        let left = all.saturating_sub(self.ahead_work) / work(expect, needs.cores.max(1)).max(1);
        let count = (most as usize).saturating_sub(self.ahead.len());
        u32::try_from(left).unwrap_or(u32::MAX).min(count as u32)
    }

    /// Whether tasks were handed ahead to it, and one more can be.
    pub fn joins_ahead(&self, needs: &Needs) -> bool {
        let some = (1..limits::AHEAD_TASKS_MAX as usize).contains(&self.ahead.len());
        some && Room::of(&self.capacity).fits(needs)
    }

    /// An attempt is handed to it. `expect`: ahead, and it is to take so long.
    pub fn put(&mut self, lease: Lease, needs: Arc<Needs>, expect: Option<Duration>) {
        let work = expect.map_or(0, |expect| work(expect, needs.cores.max(1)));
        if expect.is_some() {
            self.ahead.push_back(lease);
            self.ahead_work += work;
        } else {
            self.room.take(&needs);
        }
        *self.per_job.entry(lease.task.job).or_default() += 1;
        let granted = expect.is_none();
        let held = Held { needs, granted, started: false, work, void: false };
        self.leases.insert(lease, held);
    }

    /// The host does not have it any more. Gives what it was.
    pub fn remove(&mut self, lease: Lease) -> Option<Held> {
        let held = self.leases.remove(&lease)?;
        if held.granted {
            self.room.give(&held.needs);
        } else {
            self.ahead_work -= held.work;
            self.ahead.retain(|other| *other != lease);
        }
        if let Some(count) = self.per_job.get_mut(&lease.task.job) {
            *count -= 1;
            if *count == 0 {
                self.per_job.remove(&lease.task.job);
            }
        }
        self.promote();
        Some(held)
    }

    /// The host says that it starts it, whatever we thought.
    pub fn started(&mut self, lease: Lease) {
        let Some(held) = self.leases.get_mut(&lease) else { return };
        held.started = true;
        if held.granted {
            return;
        }
        held.granted = true;
        self.room.take(&held.needs);
        self.ahead_work -= held.work;
        self.ahead.retain(|other| *other != lease);
    }

    /// What was handed ahead finds room, in its order.
    fn promote(&mut self) {
        while let Some(lease) = self.ahead.front() {
            let Some(held) = self.leases.get_mut(lease) else {
                self.ahead.pop_front();
                continue;
            };
            if !self.room.fits(&held.needs) {
                return;
            }
            self.room.take(&held.needs);
            held.granted = true;
            self.ahead_work -= held.work;
            self.ahead.pop_front();
        }
    }

    /// Those that it has not said to start.
    pub fn idle(&self) -> impl Iterator<Item = Lease> {
        let idle = self.leases.iter().filter(|(_, held)| !held.started && !held.void);
        idle.map(|(lease, _)| *lease)
    }

    /// Those that it has said to start.
    pub fn begun(&self) -> impl Iterator<Item = Lease> {
        self.leases.iter().filter(|(_, held)| held.started).map(|(lease, _)| *lease)
    }

    /// Cores that others use, in thousandths.
    pub fn busy_cores(&self) -> u32 {
        self.busy.cores
    }

    pub fn of_job(&self, job: JobId) -> u32 {
        self.per_job.get(&job).copied().unwrap_or(0)
    }
}

fn work(time: Duration, cores: u32) -> u64 {
    let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    us.saturating_mul(u64::from(cores)).min(u64::MAX / 1_000_000)
}
