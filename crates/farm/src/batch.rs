//! Tasks that are submitted together: a template, a column of values for each parameter, kinds of
//! needs, dependencies. One journal record, one acknowledgement.
//!
//! A batch of a million equal tasks and one of a single task have the same form. Made by
//! `posse-work` and the API, checked and kept by `holder`.

use crate::template::Template;
use crate::{Column, Needs, limits};
use posse_wire::HostId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    pub template: Template,
    pub tasks: u32,
    /// As many as the template names.
    pub columns: Vec<Column>,
    /// What tasks need: at least one kind.
    pub kinds: Vec<Needs>,
    /// Which kind each task has; empty: all have the first.
    pub kind_of: Vec<u16>,
    pub depends: Depends,
    /// Earlier batches of the job, by their number in the order of submission from 0: all their
    /// tasks must be done before any of this one begins.
    pub after: Vec<u32>,
    /// The host nearest to each task's inputs; empty: nothing is known. [`NOWHERE`] for a task
    /// of which nothing is.
    pub near: Vec<HostId>,
}

/// In [`Batch::near`]: of this task nothing is known.
pub const NOWHERE: HostId = HostId(u32::MAX);

/// Which tasks wait for which: those on which task `i` of the batch depends are
/// `on[ends[i-1]..ends[i]]`, numbers in the job that are smaller than its own. So there is no
/// cycle. Empty: none depends on any.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Depends {
    pub ends: Vec<u32>,
    pub on: Vec<u32>,
}

/// Why a batch or a job is refused: nothing of it was taken.
#[derive(Serialize, Deserialize, Error, Clone, PartialEq, Eq, Debug)]
pub enum BadBatch {
    #[error("a template names column {0}, which is not there")]
    NoColumn(u16),
    #[error("a task without a program")]
    NoProgram,
    #[error("column {0:?} does not have a value for each task")]
    Column(String),
    #[error("{given} columns of values for {named} names")]
    Columns { given: usize, named: usize },
    #[error("a task of a kind of needs that is not there")]
    Kinds,
    #[error("task {task} depends on task {on}, which does not come before it")]
    Depends { task: u64, on: u64 },
    #[error("a batch comes after batch {0}, which is not there")]
    After(u32),
    #[error("hosts are not said for each task")]
    Near,
    #[error("{bytes} bytes at once, at most {max} are taken")]
    TooLarge { bytes: usize, max: usize },
    #[error("{tasks} tasks at once, at most {max} are taken")]
    TooMany { tasks: u64, max: u64 },
}

impl Batch {
    /// All tasks of one kind, independent of each other.
    pub fn of(template: Template, tasks: u32, columns: Vec<Column>, needs: Needs) -> Batch {
        Batch {
            template,
            tasks,
            columns,
            kinds: vec![needs],
            kind_of: vec![],
            depends: Depends::default(),
            after: vec![],
            near: vec![],
        }
    }

    /// Whether all that it says of its tasks is there, `first` being the number in the job of its
    /// first task. What passes is read without further checks.
    pub fn check(&self, first: u32) -> Result<(), BadBatch> {
        self.check_sizes(first)?;
        self.template.check()?;
        let (given, named) = (self.columns.len(), self.template.columns.len());
        if given != named {
            return Err(BadBatch::Columns { given, named });
        }
        let bad = self.columns.iter().position(|column| !column.check(self.tasks));
        if let Some(bad) = bad {
            return Err(BadBatch::Column(self.template.columns[bad].clone()));
        }
        let tasks = self.tasks as usize;
        let known = self.kind_of.iter().all(|kind| usize::from(*kind) < self.kinds.len());
        let all = self.kind_of.is_empty() || self.kind_of.len() == tasks;
        if self.kinds.is_empty() || !all || !known {
            return Err(BadBatch::Kinds);
        }
        if !self.near.is_empty() && self.near.len() != tasks {
            return Err(BadBatch::Near);
        }
        self.depends.check(first, self.tasks)
    }

    fn check_sizes(&self, first: u32) -> Result<(), BadBatch> {
        let (end, max) = (u64::from(first) + u64::from(self.tasks), limits::JOB_TASKS_MAX);
        if self.tasks > limits::BATCH_TASKS_MAX {
            let (tasks, max) = (u64::from(self.tasks), u64::from(limits::BATCH_TASKS_MAX));
            return Err(BadBatch::TooMany { tasks, max });
        }
        if end > u64::from(max) {
            return Err(BadBatch::TooMany { tasks: end, max: u64::from(max) });
        }
        let (bytes, max) = (self.size(), limits::BATCH_BYTES_MAX);
        if bytes > max {
            return Err(BadBatch::TooLarge { bytes, max });
        }
        Ok(())
    }

    /// About what its values, kinds and dependencies take, in bytes.
    pub fn size(&self) -> usize {
        let columns: usize = self.columns.iter().map(Column::size).sum();
        let depends = 4 * (self.depends.ends.len() + self.depends.on.len());
        let kinds = self.kinds.len() * size_of::<Needs>() + 2 * self.kind_of.len();
        columns + depends + kinds + 4 * (self.near.len() + self.after.len())
    }
}

impl Depends {
    /// Numbers in the job of those that the batch's task `index` waits for.
    pub fn of(&self, index: u32) -> &[u32] {
        let index = index as usize;
        let Some(end) = self.ends.get(index) else { return &[] };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.on.get(start as usize..*end as usize).unwrap_or_default()
    }

    fn check(&self, first: u32, tasks: u32) -> Result<(), BadBatch> {
        if self.ends.is_empty() && self.on.is_empty() {
            return Ok(());
        }
        let (last, ordered) = (self.ends.last(), self.ends.is_sorted());
        let whole = last.is_some_and(|last| *last as usize == self.on.len());
        if self.ends.len() != tasks as usize || !whole || !ordered {
            return Err(BadBatch::Depends { task: u64::from(first), on: 0 });
        }
        for index in 0..tasks {
            let task = first + index;
            if let Some(on) = self.of(index).iter().find(|on| **on >= task) {
                let (task, on) = (u64::from(task) + 1, u64::from(*on) + 1);
                return Err(BadBatch::Depends { task, on });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Program;
    use crate::text::Text;

    fn batch(tasks: u32) -> Batch {
        let template = Template::of(vec![], Program::Shell(Text::plain("true")));
        Batch::of(template, tasks, vec![], Needs::default())
    }

    #[test]
    fn what_a_batch_says_of_its_tasks_must_be_there() {
        assert_eq!(batch(5).check(0), Ok(()));
        let changed = |change: fn(&mut Batch)| {
            let mut bad = batch(5);
            change(&mut bad);
            bad.check(0)
        };
        let one = changed(|b| b.columns.push(Column::each(["x"])));
        assert_eq!(one, Err(BadBatch::Columns { given: 1, named: 0 }));
        assert_eq!(changed(|b| b.kind_of = vec![0, 0, 0, 0, 1]), Err(BadBatch::Kinds));
        assert_eq!(changed(|b| b.kinds.clear()), Err(BadBatch::Kinds));
        assert_eq!(changed(|b| b.near = vec![HostId(1)]), Err(BadBatch::Near));
        let many = changed(|b| b.tasks = u32::MAX);
        assert!(matches!(many, Err(BadBatch::TooMany { .. })));
    }

    #[test]
    fn dependencies_point_back() {
        let depends = |ends: &[u32], on: &[u32]| Depends { ends: ends.into(), on: on.into() };
        let check = |given: Depends, first| {
            let mut one = batch(2);
            one.depends = given;
            one.check(first)
        };
        assert_eq!(check(depends(&[0, 2], &[0, 0]), 0), Ok(()));
        assert_eq!(check(depends(&[1, 2], &[3, 4]), 4), Ok(()));
        let ahead = check(depends(&[1, 1], &[0]), 0);
        assert_eq!(ahead, Err(BadBatch::Depends { task: 1, on: 1 }));
        for (ends, on) in [(vec![2, 1], vec![0]), (vec![1], vec![0]), (vec![1, 9], vec![0])] {
            assert!(check(Depends { ends, on }, 7).is_err());
        }
    }
}
