//! The job itself: what was submitted, where each task is, and every change of that.
//!
//! The same changes are made when things happen and when the journal is read back; only what is
//! ready is not queued while reading, but once at the end ([`Job::queue_all`]).

use super::super::needs::{NeedsId, Rank};
use super::graph::Graph;
use super::ready::Ready;
use super::{Counts, Flight, Flights, Kept, Pace, ShapeKept, State, Task};
use crate::journal::Count;
use crate::row::{End, Row, Rows};
use crate::words::Shape;
use crate::{BadBatch, Batch, HostLife, JobId, JobSpec, Lease};
use posse_wire::HostId;
use std::collections::BTreeMap;

#[derive(Debug)]
pub(in crate::holder) struct Job {
    pub id: JobId,
    pub spec: JobSpec,
    pub shapes: Vec<ShapeKept>,
    pub batches: Vec<Kept>,
    pub(super) tasks: Vec<Task>,
    pub(super) graph: Graph,
    rows: Rows,
    pub ready: BTreeMap<NeedsId, Ready>,
    pub flights: Flights,
    pub counts: Counts,
    pub pace: Pace,
    pub sealed: bool,
    pub paused: bool,
    pub told_over: bool,
    /// Attempts handed out.
    pub active: u32,
    /// Thousandths of cores that they take.
    pub cores: u64,
    /// Where it stands in the queues of its needs.
    pub listed: Option<(Rank, Vec<NeedsId>)>,
    queueing: bool,
}

impl Job {
    pub fn new(id: JobId, spec: JobSpec, queueing: bool) -> Job {
        Job {
            id,
            spec,
            shapes: vec![],
            batches: vec![],
            tasks: vec![],
            graph: Graph::default(),
            rows: Rows::default(),
            ready: BTreeMap::new(),
            flights: Flights::default(),
            counts: Counts::default(),
            pace: Pace::default(),
            sealed: false,
            paused: false,
            told_over: false,
            active: 0,
            cores: 0,
            listed: None,
            queueing,
        }
    }

    pub fn tasks(&self) -> u32 {
        // At most `JOB_TASKS_MAX` are taken.
        self.tasks.len() as u32
    }

    pub fn task(&self, index: u32) -> Option<&Task> {
        self.tasks.get(index as usize)
    }

    pub fn state(&self, index: u32) -> Option<State> {
        Some(self.task(index)?.state)
    }

    pub fn is_over(&self) -> bool {
        self.sealed && self.counts.open() == 0
    }

    /// It takes tasks again.
    pub fn reopen(&mut self) {
        self.sealed = false;
        self.told_over = false;
    }

    /// The batch of a task that is there.
    pub fn batch_of(&self, index: u32) -> &Kept {
        &self.batches[self.batch_number(index)]
    }

    pub(super) fn batch_number(&self, index: u32) -> usize {
        self.batches.partition_point(|batch| batch.first <= index) - 1
    }

    /// The batches that this one comes after are there.
    pub fn check_after(&self, batch: &Batch) -> Result<(), BadBatch> {
        let known = self.batches.len();
        match batch.after.iter().find(|after| **after as usize >= known) {
            Some(after) => Err(BadBatch::After(*after)),
            None => Ok(()),
        }
    }

    pub fn needs_of(&self, index: u32) -> NeedsId {
        let batch = self.batch_of(index);
        self.shapes[batch.shape as usize].ids[usize::from(batch.kind(index))]
    }

    /// What a host is told to make tasks from.
    pub fn shape(&self, number: u32) -> Shape {
        let kept = &self.shapes[number as usize];
        Shape {
            job: self.id,
            number,
            spec: self.spec.clone(),
            template: kept.template.clone(),
            kinds: kept.kinds.clone(),
        }
    }

    /// Whether its tasks are made from what those of the last batch are.
    pub fn has_shape_of(&self, batch: &Batch) -> bool {
        let last = self.shapes.last();
        last.is_some_and(|last| last.kinds == batch.kinds && last.template == batch.template)
    }

    /// A checked batch. `ids`: of its kinds of needs, unless it has the last shape.
    pub fn add(&mut self, batch: Batch, ids: Option<Vec<NeedsId>>) {
        let first = self.tasks();
        if let Some(ids) = ids {
            let (template, kinds) = (batch.template.clone(), batch.kinds.clone());
            self.shapes.push(ShapeKept { template, kinds, ids });
        }
        let shape = (self.shapes.len() - 1) as u32;
        let kept = Kept::new(first, shape, batch);
        let linked = !kept.depends.ends.is_empty() || !kept.after.is_empty();
        let plain = kept.is_plain() && !linked;
        self.tasks.resize(self.tasks.len() + kept.tasks as usize, Task::NEW);
        self.counts.add(State::Ready, kept.tasks);
        let range = kept.range();
        self.follow(kept);
        self.told_over = false;
        if !plain {
            return self.add_each(range);
        }
        if self.queueing && !range.is_empty() {
            let id = self.needs_of(first);
            self.ready.entry(id).or_default().put_range(range);
        }
    }

    /// Tasks with dependencies, kinds or places of their own.
    fn add_each(&mut self, range: std::ops::Range<u32>) {
        let (first, number) = (range.start, self.batches.len() - 1);
        let all = self.begins(number);
        for index in range {
            let on = self.batches[number].depends.of(index - first).to_vec();
            let state = self.enter(index, &on, all);
            self.tasks[index as usize].state = state;
            self.counts.shift(State::Ready, state);
            self.batches[number].bad += u32::from(state == State::Skipped);
            if state == State::Ready {
                self.queue(index);
            }
        }
    }

    /// Weaves a new task in; where it begins, if its batch begins so.
    fn enter(&mut self, index: u32, on: &[u32], batch: State) -> State {
        let mut state = batch;
        for on in on {
            match self.tasks[*on as usize].state {
                State::Done => continue,
                ended if ended.is_over() => state = State::Skipped,
                _ if state == State::Ready => state = State::Waiting,
                _ => {}
            }
            self.graph.add(index, *on);
        }
        state
    }

    pub(super) fn queue(&mut self, index: u32) {
        if self.queueing {
            let (id, near) = (self.needs_of(index), self.batch_of(index).near(index));
            self.ready.entry(id).or_default().put(index, near);
        }
    }

    /// What is ready is put into queues, after the journal was read.
    pub fn queue_all(&mut self) {
        self.queueing = true;
        for number in 0..self.batches.len() {
            let (first, tasks) = (self.batches[number].first, self.batches[number].tasks);
            let plain = self.batches[number].is_plain() && self.graph.is_empty();
            for index in first..first + tasks {
                if self.tasks[index as usize].state != State::Ready {
                    continue;
                }
                if plain {
                    let id = self.needs_of(first);
                    self.ready.entry(id).or_default().put_range(index..index + 1);
                } else {
                    self.queue(index);
                }
            }
        }
    }

    /// A ready task with these needs, best for that host; it counts as running from now on. Its
    /// number and that of its attempt.
    pub fn take(&mut self, id: NeedsId, host: HostId) -> Option<(u32, u32)> {
        let (ready, tasks) = (self.ready.get_mut(&id)?, &self.tasks);
        let is_ready = |index: u32| tasks[index as usize].state == State::Ready;
        let index = ready.take(host, is_ready)?;
        let task = &mut self.tasks[index as usize];
        task.state = State::Running;
        self.counts.shift(State::Ready, State::Running);
        Some((index, self.next_attempt(index)))
    }

    pub fn next_attempt(&mut self, index: u32) -> u32 {
        let task = &mut self.tasks[index as usize];
        task.attempts = task.attempts.saturating_add(1);
        task.attempts
    }

    /// An attempt goes to a host, where it takes so many thousandths of cores.
    pub fn fly(&mut self, lease: Lease, host: HostLife, cores: u64) {
        self.flights.put(lease.task.index, Flight { lease, host, started: None });
        self.active += 1;
        self.cores += cores;
    }

    /// A host does not have an attempt any more.
    pub fn landed(&mut self, cores: u64) {
        self.active = self.active.saturating_sub(1);
        self.cores = self.cores.saturating_sub(cores);
    }

    /// An attempt that is known to have been handed out. False: the task is over or waits.
    pub fn handed(&mut self, index: u32, attempt: u32) -> bool {
        let Some(task) = self.tasks.get_mut(index as usize) else { return false };
        task.attempts = task.attempts.max(attempt);
        match task.state {
            State::Ready => {
                self.shift(index, State::Running);
                true
            }
            state => state == State::Running,
        }
    }

    pub(super) fn shift(&mut self, index: u32, to: State) {
        let from = std::mem::replace(&mut self.tasks[index as usize].state, to);
        self.counts.shift(from, to);
        self.count_in_batch(index, from, to);
        if from == State::Ready && self.queueing {
            let id = self.needs_of(index);
            if let Some(ready) = self.ready.get_mut(&id) {
                ready.one_gone();
            }
        }
    }

    /// The task is over, with this row; what follows for those that wait for it.
    pub fn over(&mut self, index: u32, row: &Row) {
        let state = match &row.end {
            End::Ended(ending) if ending.is_success() => State::Done,
            End::Ended(_) => State::Failed,
            End::Lost => State::Lost,
            End::Killed => State::Killed,
            End::Skipped => State::Skipped,
        };
        if matches!(row.end, End::Ended(_) | End::Lost) {
            self.rows.put(index, row);
        }
        let mut work = vec![(index, state)];
        while let Some((index, state)) = work.pop() {
            if self.tasks[index as usize].state.is_over() {
                continue;
            }
            self.shift(index, state);
            self.batch_follows(index, state, &mut work);
            let dependents: Vec<u32> = self.graph.dependents(index).collect();
            for dependent in dependents {
                let waits = self.tasks[dependent as usize].state == State::Waiting;
                if state != State::Done && waits {
                    work.push((dependent, State::Skipped));
                } else if state == State::Done && self.graph.one_done(dependent) == 0 && waits {
                    self.ready_if_free(dependent);
                }
            }
        }
    }

    /// A running task is to run again.
    pub fn again(&mut self, index: u32, count: Count) {
        let task = &mut self.tasks[index as usize];
        match count {
            Count::Failure => task.failures = task.failures.saturating_add(1),
            Count::Crash => task.crashes = task.crashes.saturating_add(1),
            Count::Nothing => {}
        }
        if task.state == State::Running {
            self.shift(index, State::Ready);
            self.queue(index);
        }
    }

    /// Those that failed or were lost run again, and those that were skipped for them.
    pub fn retry(&mut self, failed: bool, lost: bool) {
        for index in 0..self.tasks() {
            let task = &mut self.tasks[index as usize];
            match task.state {
                State::Failed if failed => {}
                State::Lost if lost => {}
                State::Skipped => {}
                _ => continue,
            }
            let batch = self.batch_of(index);
            let on = batch.depends.of(index - batch.first);
            let states = || on.iter().map(|on| self.tasks[*on as usize].state);
            let number = self.batch_number(index);
            let skips = states().any(|state| state.is_over() && state != State::Done);
            if skips || self.begins(number) == State::Skipped {
                continue;
            }
            let waits = states().filter(|state| *state != State::Done).count();
            self.graph.set_waits(index, waits as u32);
            self.rows.remove(index);
            let task = &mut self.tasks[index as usize];
            (task.failures, task.crashes) = (0, 0);
            self.shift(index, State::Waiting);
            self.ready_if_free(index);
        }
        self.told_over = false;
    }

    /// From a snapshot.
    pub fn set_tries(&mut self, index: u32, (attempts, failures, crashes): (u32, u16, u8)) {
        if let Some(task) = self.tasks.get_mut(index as usize) {
            (task.attempts, task.failures, task.crashes) = (attempts, failures, crashes);
        }
    }

    /// The result of a task that is over.
    pub fn row(&self, index: u32) -> Option<Row> {
        let task = self.task(index)?;
        let end = match task.state {
            State::Killed => End::Killed,
            State::Skipped => End::Skipped,
            state if !state.is_over() => return None,
            _ => return self.rows.get(index, task.attempts),
        };
        Some(Row::without(end, task.attempts))
    }
}
