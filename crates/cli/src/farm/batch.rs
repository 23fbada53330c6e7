//! From batches as people write them (`posse-work`) to those that the farm keeps. Columns go over
//! as they are where a batch is small enough to be one; else its values are written out, part by
//! part.

use super::limits::EACH_TASKS;
use posse::farm::{Batch, Column, Piece, Sink, Stdin, Template, Text, Texts};
use posse_work as work;

/// What the farm has in one go; the same template for all parts.
pub fn parts<'a>(batch: &'a work::Batch, directory: &str) -> impl Iterator<Item = Batch> + use<'a> {
    let template = template(batch, directory);
    let needs = batch.shared.needs.clone();
    let is_whole = batch.per_task == 1 && batch.first == 0 && batch.len() <= EACH_TASKS;
    let step = EACH_TASKS as usize;
    (0..batch.len()).step_by(step).map(move |from| {
        let tasks = (batch.len() - from).min(EACH_TASKS);
        let columns = match is_whole {
            true => axes(batch),
            false => each(batch, from, tasks, template.columns.len()),
        };
        // At most EACH_TASKS.
        Batch::of(template.clone(), tasks as u32, columns, needs.clone())
    })
}

/// Columns of a grid as they are: its axes, each value once.
fn axes(batch: &work::Batch) -> Vec<Column> {
    let column = |column: work::Column<'_>| {
        let mut values = Texts::default();
        for at in 0..column.values.len() {
            values.push(&column.values.get(at));
        }
        Column::Axis { values, every: u32::try_from(column.every).unwrap_or(u32::MAX) }
    };
    batch.grid.columns().map(column).collect()
}

fn each(batch: &work::Batch, from: u64, tasks: u64, columns: usize) -> Vec<Column> {
    let mut all = vec![Texts::default(); columns];
    for task in from..from + tasks {
        let values = batch.values(task);
        for (at, column) in all.iter_mut().enumerate() {
            column.push(values.get(at).map_or("", |value| value));
        }
    }
    all.into_iter().map(Column::Each).collect()
}

fn template(batch: &work::Batch, directory: &str) -> Template {
    let shared = &batch.shared;
    let sink = |file: &Option<Text>| file.clone().map_or(Sink::Store, Sink::File);
    Template {
        environment: shared.environment.clone(),
        directory: below(directory, shared.directory.clone()),
        stdin: shared.stdin.clone().map_or(Stdin::Null, Stdin::File),
        stdout: sink(&shared.stdout),
        stderr: sink(&shared.stderr),
        inputs: shared.inputs.clone(),
        outputs: shared.outputs.clone(),
        rules: shared.rules.clone(),
        ..Template::of(batch.column_names(), batch.command.clone())
    }
}

/// A relative directory is below that from which the job is submitted.
fn below(directory: &str, own: Option<Text>) -> Text {
    let Some(mut own) = own else { return Text::plain(directory) };
    let is_whole = matches!(own.0.first(), Some(Piece::Plain(start)) if start.starts_with('/'));
    if !is_whole && !directory.is_empty() {
        own.0.insert(0, Piece::Plain(format!("{directory}/")));
    }
    own
}
