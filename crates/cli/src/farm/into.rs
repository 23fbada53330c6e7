//! `--into JOB`: of what is given, a job gets the tasks that it does not have; those that it has
//! and that did not end well run again. Tasks are the same where their parameters are. Called by
//! `submit`.

use super::submit::{self, Given, Open};
use super::{find, mistake};
use crate::error::Error;
use posse::Vm;
use posse::farm::TaskRow;
use posse_work::{Axis, Batch, Combine, Grid, List, Values};
use std::collections::HashSet;

/// Names and values of a task's parameters.
type Point = Vec<(String, String)>;

/// The job, and what is left to be added to it.
pub fn reopen(vm: &Vm, given: &Given<'_>, word: &str) -> Result<(Open, Vec<Batch>), Error> {
    let unnamed = given.batches.iter().any(|batch| batch.column_names().is_empty());
    let dependent = given.batches.iter().any(|batch| !batch.after.is_empty());
    if unnamed || dependent {
        let text = "--into tells tasks by their parameters, and these have none or wait for others";
        return Err(Error::usage(text).hint("posse sweep --into JOB -p NAME=VALUES ..."));
    }
    let farm = vm.farm();
    let job = find(&farm, word)?;
    let directory = submit::directory(vm, given)?;
    let table = farm.rows(job)?;
    let known: HashSet<Point> = table.tasks.iter().map(point_of).collect();
    let left: Result<Vec<Batch>, Error> =
        given.batches.iter().map(|batch| left_of(batch, &known)).collect();
    let left = left?;
    let tasks = farm.reopen(job)?;
    farm.retry(job, true, true)?;
    let mut open = Open::of(farm, job, directory, given.options);
    open.tasks = tasks;
    Ok((open, left))
}

fn point_of(task: &TaskRow) -> Point {
    task.parameters.clone()
}

/// The tasks of a batch that are not there.
fn left_of(batch: &Batch, known: &HashSet<Point>) -> Result<Batch, Error> {
    let names = batch.column_names();
    let mut lists = vec![List::default(); names.len()];
    let mut count = 0;
    for task in 0..batch.len() {
        let values = batch.values(task);
        let point = names.iter().cloned().zip(values.iter().map(|value| value.to_string()));
        if known.contains(&point.collect::<Point>()) {
            continue;
        }
        count += 1;
        for (list, value) in lists.iter_mut().zip(&values) {
            list.push(value).map_err(mistake)?;
        }
    }
    if count == batch.len() {
        return Ok(batch.clone());
    }
    let columns = names.into_iter().zip(lists.into_iter().map(Values::List)).collect();
    let grid = Grid::new(vec![Axis::of(columns)], Combine::Product).map_err(mistake)?;
    let left = Batch::new(batch.command.clone(), grid);
    Ok(Batch { shared: batch.shared.clone(), name: batch.name.clone(), ..left })
}
