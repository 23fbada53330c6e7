//! The tasks of a line: which of them an earlier run has not done, and what each of them is called.

use crate::error::Error;
use crate::farm::mistake;
use posse::farm::TaskRow;
use posse_work::parallel::{Plan, results};
use posse_work::{Axis, Batch, Combine, Command, Form, Grid, List, Piece, Text, Values};
use std::path::Path;

pub struct Tasks<'a> {
    plan: &'a Plan,
    /// What is to run.
    pub batches: Vec<Batch>,
    /// Numbers of its tasks in the line, where they are not 1 and up.
    numbers: Option<Vec<u64>>,
}

/// A task that is over, as it is called in the line.
pub struct Told {
    pub task: TaskRow,
    pub number: u64,
    pub command: String,
    pub values: Vec<String>,
    pub host: Option<String>,
}

impl<'a> Tasks<'a> {
    pub fn of(plan: &'a Plan) -> Result<Tasks<'a>, Error> {
        let batches = &plan.work.batches;
        let count: u64 = batches.iter().map(Batch::len).sum();
        let whole = Tasks { plan, batches: batches.clone(), numbers: None };
        if plan.split.is_some() {
            // What a block was is not known before it is read.
            return Ok(whole);
        }
        let left: Vec<u64> = (1..=count).filter(|number| !whole.is_done(*number)).collect();
        if left.len() as u64 == count {
            return Ok(whole);
        }
        let lines = left.iter().filter_map(|number| Some(whole.find(*number)?.0));
        let list = Values::List(List::of(lines.collect::<Vec<String>>()).map_err(mistake)?);
        let axis = Axis::new("command", list);
        let grid = Grid::new(vec![axis], Combine::Product).map_err(mistake)?;
        let line = Piece::Value { column: 0, form: Form::Whole, quoted: false };
        let mut batch = Batch::new(Command::Shell(Text(vec![line])), grid);
        if let Some(first) = batches.first() {
            batch.shared.rules = first.shared.rules.clone();
            batch.shared.directory = first.shared.directory.clone();
        }
        Ok(Tasks { plan, batches: vec![batch], numbers: Some(left) })
    }

    /// By the joblog, or by the files of `--results`.
    fn is_done(&self, number: u64) -> bool {
        if self.plan.done.contains(&number) {
            return true;
        }
        let Some(results) = &self.plan.results else { return false };
        let Some((_, values)) = self.find(number) else { return false };
        let files = results.files(&self.plan.names, &values, number);
        let exists = |path: &str| Path::new(path).exists();
        files.is_some_and(|files| results::is_done(&self.plan.options, &files, exists))
    }

    /// Command and values of the task of this number in the line.
    fn find(&self, number: u64) -> Option<(String, Vec<String>)> {
        let of = |batch: &&Batch| number.checked_sub(batch.first_number) < Some(batch.len());
        let batches = &self.plan.work.batches;
        // With --pipe, all blocks are of one task.
        let batch = match self.plan.split {
            Some(_) => batches.first()?,
            None => batches.iter().find(|batch| number >= batch.first_number && of(batch))?,
        };
        let at = if self.plan.split.is_some() { 0 } else { number - batch.first_number };
        let values = batch.values(at).iter().map(|value| value.to_string()).collect();
        Some((batch.command_line(at), values))
    }

    /// `task` is one of the job's.
    pub fn told(&self, task: TaskRow, host: Option<&str>) -> Told {
        let at = task.index as usize;
        let number = self.numbers.as_ref().and_then(|numbers| numbers.get(at).copied());
        let number = number.unwrap_or(at as u64 + 1);
        let (command, values) = self.find(number).unwrap_or_default();
        Told { task, number, command, values, host: host.map(str::to_owned) }
    }
}
