//! Front ends that wait for single tasks: each is told the result, and what the task printed, as
//! soon as the result is on disk. Called by `desk`, and by `holder` and `mail` as tasks end.

use super::holder::Held;
use super::limits::EXPECTED_MAX;
use posse_farm::ask::Said;
use posse_farm::{JobId, TaskId};
use posse_proto::LinkId;
use posse_wire::CommandId;
use std::collections::BTreeMap;

/// A front end and its question.
type Who = (LinkId, CommandId);

#[derive(Default)]
pub(super) struct Expects {
    all: BTreeMap<TaskId, Expected>,
}

#[derive(Default)]
struct Expected {
    who: Vec<Who>,
    /// Of what the last attempt printed, in the job's store.
    place: Option<u64>,
}

impl Expects {
    /// False where there are too many.
    fn add(&mut self, task: TaskId, who: Who) -> bool {
        let count: usize = self.all.values().map(|expected| expected.who.len()).sum();
        let room = count < EXPECTED_MAX;
        if room {
            self.all.entry(task).or_default().who.push(who);
        }
        room
    }

    /// Of a task something was printed, which is kept at this place.
    pub fn printed(&mut self, task: TaskId, place: u64) {
        if let Some(expected) = self.all.get_mut(&task) {
            expected.place = Some(place);
        }
    }

    pub fn stop(&mut self, who: Who) {
        self.leave(|other| *other != who);
    }

    pub fn gone(&mut self, link: LinkId) {
        self.leave(|(other, _)| *other != link);
    }

    fn leave(&mut self, stays: impl Fn(&Who) -> bool) {
        self.all.retain(|_, expected| {
            expected.who.retain(&stays);
            !expected.who.is_empty()
        });
    }

    fn of(&self, job: JobId) -> Vec<TaskId> {
        let (first, last) = (TaskId { job, index: 0 }, TaskId { job, index: u32::MAX });
        self.all.range(first..=last).map(|(task, _)| *task).collect()
    }
}

impl Held {
    /// Answered at once for a task that is over; what that printed is in the job's store, for those
    /// who look for it.
    pub(super) fn expect(&mut self, who: Who, task: TaskId) {
        let refused = match self.holder.state(task) {
            None => format!("no task {task}"),
            Some(state) if state.is_over() => return self.say_ended(task, vec![who], None, true),
            Some(_) if self.expects.add(task, who) => return,
            Some(_) => "too many wait for tasks; try again".to_owned(),
        };
        self.say(who, Said::Refused { why: refused }, 0);
    }

    /// A task is over.
    pub(super) fn expected(&mut self, task: TaskId) {
        if let Some(expected) = self.expects.all.remove(&task) {
            self.say_ended(task, expected.who, expected.place, false);
        }
    }

    /// Some tasks of a job are over without an attempt that ended.
    pub(super) fn expected_of(&mut self, job: JobId) {
        for task in self.expects.of(job) {
            if self.holder.state(task).is_none_or(|state| state.is_over()) {
                self.expected(task);
            }
        }
    }

    fn say_ended(&mut self, task: TaskId, who: Vec<Who>, place: Option<u64>, earlier: bool) {
        let output = place.and_then(|place| self.store.read(task.job, place, 1).0.pop());
        let said = match self.holder.row(task) {
            Some(row) => Said::Ended { row: Box::new(row), output, earlier },
            None => Said::Refused { why: format!("no result of task {task}") },
        };
        let durable = self.journal.end();
        for who in who {
            self.say(who, said.clone(), durable);
        }
    }
}
