//! What was promised, kept beside the holder: acknowledged tasks, durable results, what people
//! did to them.

use super::client::Wanted;
use posse_farm::holder::{Holder, State};
use posse_farm::words::{Ending, Order};
use posse_farm::{End, JobId, Row, TaskId};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub struct Book {
    /// Jobs that were acknowledged to the last word.
    pub jobs: BTreeMap<JobId, Vec<Wanted>>,
    /// Results, with the journal's offset behind which they are durable.
    accepted: BTreeMap<TaskId, (Row, u64)>,
    /// Those that are.
    durable: BTreeMap<TaskId, Row>,
    pub killed: BTreeSet<TaskId>,
    /// Somebody asked for their failed tasks again.
    pub retried: BTreeSet<JobId>,
}

impl Book {
    /// The holder accepted this; it is in its journal, which ends at `end`.
    pub fn accepted(&mut self, holder: &Holder, task: TaskId, end: u64) {
        let row = holder.row(task).expect("a task that ended has a row");
        if let Some(earlier) = self.durable.get(&task) {
            assert!(
                *earlier == row || self.retried.contains(&task.job),
                "{task:?} ended twice: {earlier:?} and {row:?}"
            );
        }
        self.accepted.insert(task, (row, end));
    }

    pub fn synced(&mut self, upto: u64) {
        let done = self.accepted.iter().filter(|(_, (_, end))| *end <= upto);
        let done: Vec<TaskId> = done.map(|(task, _)| *task).collect();
        for task in done {
            let (row, _) = self.accepted.remove(&task).unwrap();
            self.durable.insert(task, row);
        }
    }

    /// The holder crashed: what was not durable was never said to anybody.
    pub fn crashed(&mut self) {
        self.accepted.clear();
    }

    /// A new holder knows all that was promised.
    pub fn recovered(&self, holder: &Holder) {
        for (task, row) in &self.durable {
            if !self.retried.contains(&task.job) {
                assert_eq!(holder.row(*task).as_ref(), Some(row), "of {task:?}");
            }
        }
        for (job, tasks) in &self.jobs {
            let summary = holder.summary(*job).expect("an acknowledged job is there");
            assert_eq!(summary.counts.all() as usize, tasks.len());
            assert!(summary.sealed);
        }
    }

    /// A host may forget a result once it is durable, and no sooner.
    pub fn taken(&self, order: &Order) {
        let Order::Taken(leases) = order else { return };
        let early = leases.iter().find(|lease| self.accepted.contains_key(&lease.task));
        assert_eq!(early, None, "its result is not durable yet");
    }

    /// What is handed out may run: it is not over, and what it waits for is done.
    pub fn handed(&self, holder: &Holder, order: &Order) {
        let Order::Hand(hand) = order else { return };
        for handed in &hand.tasks {
            let task = handed.task(hand.job);
            let again = self.retried.contains(&task.job);
            assert!(again || !self.durable.contains_key(&task), "{task:?} is durably over");
            let wanted = self.jobs.get(&task.job);
            let on = wanted.map_or(&[][..], |tasks| &tasks[task.index as usize].on);
            for on in on {
                let on = TaskId { job: task.job, index: *on };
                assert_eq!(holder.state(on), Some(State::Done), "{task:?} waits for {on:?}");
            }
        }
    }

    /// All is over, and each as it must be.
    pub fn settled(&self, holder: &Holder) {
        for (job, tasks) in &self.jobs {
            for (index, wanted) in (0..).zip(tasks) {
                let task = TaskId { job: *job, index };
                self.check(holder, task, wanted);
            }
            assert!(holder.summary(*job).unwrap().over);
        }
    }

    fn check(&self, holder: &Holder, task: TaskId, wanted: &Wanted) {
        let row = holder.row(task).unwrap_or_else(|| {
            panic!("{task:?} is not over: {:?}", holder.why(task));
        });
        let killed = self.killed.contains(&task);
        match &row.end {
            End::Ended(Ending::Exited(0)) => assert_ne!(wanted.behaviour, "fails"),
            End::Ended(Ending::Exited(3)) => assert_eq!(wanted.behaviour, "fails"),
            End::Ended(Ending::Exited(75)) => assert_eq!(wanted.behaviour, "flaky"),
            End::Killed => assert!(killed),
            End::Skipped => {
                let states = wanted.on.iter().map(|on| TaskId { job: task.job, index: *on });
                let mut states = states.map(|on| holder.state(on).unwrap());
                assert!(states.any(|state| state != State::Done), "{task:?} was skipped");
            }
            other => panic!("{task:?} can not end so: {other:?}"),
        }
        assert!(holder.why(task).is_some() && holder.parameters(task).is_some());
    }
}
