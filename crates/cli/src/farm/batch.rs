//! From batches as people write them (`posse-work`) to those that the farm keeps. Columns go over
//! as they are where a batch is small enough to be one; else its values are written out, part by
//! part.

use super::limits::EACH_TASKS;
use posse::farm::{
    Batch, Checkpoint, Column, Form, Needs, Piece, Program, Rules, Sink, Stdin, Template, Text,
    Texts, Transfer,
};
use posse_work::{self as work, Command};

/// What the farm has in one go; the same template for all parts.
pub fn parts<'a>(batch: &'a work::Batch, directory: &str) -> impl Iterator<Item = Batch> + use<'a> {
    let template = template(batch, directory);
    let needs = needs(&batch.shared.needs);
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
    let program = match &batch.command {
        Command::Argv(words) => Program::Argv(words.iter().map(text).collect()),
        Command::Shell(line) => Program::Shell(text(line)),
    };
    let shared = &batch.shared;
    let sink = |file: &Option<work::Text>| match file {
        Some(path) => Sink::File(text(path)),
        None => Sink::Store,
    };
    let own = shared.environment.iter().map(|(name, value)| (name.clone(), text(value)));
    Template {
        environment: own.collect(),
        directory: below(directory, shared.directory.as_ref()),
        stdin: shared.stdin.as_ref().map_or(Stdin::Null, |path| Stdin::File(text(path))),
        stdout: sink(&shared.stdout),
        stderr: sink(&shared.stderr),
        inputs: shared.inputs.iter().map(transfer).collect(),
        outputs: shared.outputs.iter().map(transfer).collect(),
        rules: rules(&shared.rules),
        ..Template::of(batch.column_names(), program)
    }
}

/// A relative directory is below that from which the job is submitted.
fn below(directory: &str, own: Option<&work::Text>) -> Text {
    let Some(mut own) = own.map(text) else { return Text::plain(directory) };
    let is_whole = matches!(own.0.first(), Some(Piece::Plain(start)) if start.starts_with('/'));
    if !is_whole && !directory.is_empty() {
        own.0.insert(0, Piece::Plain(format!("{directory}/")));
    }
    own
}

fn text(from: &work::Text) -> Text {
    let piece = |piece: &work::Piece| match piece {
        work::Piece::Plain(text) => Piece::Plain(text.clone()),
        work::Piece::Value { column, form, quoted } => {
            Piece::Value { column: *column, form: of_form(*form), quoted: *quoted }
        }
        work::Piece::Number => Piece::Number,
        work::Piece::Slot => Piece::Slot,
    };
    Text(from.0.iter().map(piece).collect())
}

fn of_form(form: work::Form) -> Form {
    match form {
        work::Form::Whole => Form::Whole,
        work::Form::Stem => Form::Stem,
        work::Form::Base => Form::Base,
        work::Form::Directory => Form::Directory,
        work::Form::BaseStem => Form::BaseStem,
    }
}

fn transfer(from: &work::Transfer) -> Transfer<Text> {
    Transfer { from: text(&from.from), to: text(&from.to) }
}

fn needs(from: &work::Needs) -> Needs {
    let work::Needs { cores, memory, gpus, named, hosts } = from.clone();
    Needs { cores, memory, gpus, named, hosts }
}

fn rules(from: &work::Rules) -> Rules {
    let work::Rules { time_limit, retries, retry_statuses, nice, .. } = from.clone();
    let usual = Rules::default();
    let checkpoint =
        from.checkpoint.map(|agreed| Checkpoint { signal: agreed.signal, status: agreed.status });
    Rules {
        time_limit,
        retries,
        retry_statuses,
        nice,
        memory_limit: from.memory_limit,
        pin: !from.no_pin,
        checkpoint,
        end_grace: from.checkpoint.map_or(usual.end_grace, |agreed| agreed.within),
        ..usual
    }
}
