//! The batches of a job as they are kept: what is equal in neighbours is there once.

use super::super::needs::NeedsId;
use crate::{Batch, Column, Depends, Needs, Template};
use posse_wire::HostId;

/// What tasks of one or more batches are made from.
#[derive(Debug)]
pub(in crate::holder) struct ShapeKept {
    pub template: Template,
    pub kinds: Vec<Needs>,
    /// The same, as the holder counts them.
    pub ids: Vec<NeedsId>,
}

/// A batch without what its shape has.
#[derive(Debug)]
pub(in crate::holder) struct Kept {
    /// Number in the job of its first task.
    pub first: u32,
    pub tasks: u32,
    pub shape: u32,
    columns: Vec<Column>,
    kind_of: Vec<u16>,
    pub depends: Depends,
    /// Batches all of whose tasks must be done before.
    pub after: Vec<u32>,
    /// Those of them that are not done.
    pub waits: u32,
    /// Batches that come after this one.
    pub followers: Vec<u32>,
    /// Its tasks that are not done.
    pub left: u32,
    /// Its tasks that are over and not done.
    pub bad: u32,
    near: Vec<HostId>,
}

impl Kept {
    pub fn new(first: u32, shape: u32, mut batch: Batch) -> Kept {
        batch.columns.iter_mut().for_each(Column::shrink);
        Kept {
            first,
            tasks: batch.tasks,
            shape,
            columns: batch.columns,
            kind_of: batch.kind_of,
            depends: batch.depends,
            after: batch.after,
            waits: 0,
            followers: vec![],
            left: batch.tasks,
            bad: 0,
            near: batch.near,
        }
    }

    pub fn range(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.tasks
    }

    /// As it was submitted.
    pub fn batch(&self, shape: &ShapeKept) -> Batch {
        Batch {
            template: shape.template.clone(),
            tasks: self.tasks,
            columns: self.columns.clone(),
            kinds: shape.kinds.clone(),
            kind_of: self.kind_of.clone(),
            depends: self.depends.clone(),
            after: self.after.clone(),
            near: self.near.clone(),
        }
    }

    /// Of the job's task `index`, as the three below.
    pub fn kind(&self, index: u32) -> u16 {
        self.kind_of.get((index - self.first) as usize).copied().unwrap_or(0)
    }

    pub fn near(&self, index: u32) -> Option<HostId> {
        let near = self.near.get((index - self.first) as usize).copied();
        near.filter(|host| *host != crate::NOWHERE)
    }

    pub fn values(&self, index: u32) -> Vec<String> {
        let at = index - self.first;
        self.columns.iter().map(|column| column.get(at).unwrap_or_default().into()).collect()
    }

    /// All tasks are of one kind and near to nobody.
    pub fn is_plain(&self) -> bool {
        self.kind_of.is_empty() && self.near.is_empty()
    }
}
