//! Results as a table: a row a task, with its parameters, how it ended, where and how long it ran,
//! and what it printed as values.

use posse::HostId;
use posse::farm::{End, Ending, JobId, State, Summary, Table, TaskRow};
use posse_work::results;
use posse_work::values::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

/// Behind the parameters and before the values.
const FIXED: [&str; 9] =
    ["state", "exit", "host", "attempts", "started", "seconds", "user", "system", "why"];

/// Columns: `task`, the parameters, those of every task, the values; a value that is called like
/// another column has `value.` before its name.
pub fn of_job(table: &Table) -> results::Table {
    let parameters = names(table, |task| Box::new(task.parameters.iter().map(|(name, _)| name)));
    let values = names(table, |task| {
        Box::new(task.row.iter().flat_map(|row| &row.values).map(|(name, _)| name))
    });
    let mut columns = vec!["task".to_owned()];
    columns.extend(parameters.iter().map(|name| free(name, "parameter", &[])));
    columns.extend(FIXED.map(str::to_owned));
    let taken = columns.clone();
    columns.extend(values.iter().map(|name| free(name, "value", &taken)));
    let rows = table.tasks.iter().map(|task| row(table, task, &parameters, &values));
    results::Table { rows: rows.collect(), columns }
}

/// In the order in which they first come.
fn names<'a>(
    table: &'a Table,
    of: impl Fn(&'a TaskRow) -> Box<dyn Iterator<Item = &'a String> + 'a>,
) -> Vec<String> {
    let (mut seen, mut names) = (BTreeSet::new(), Vec::new());
    for name in table.tasks.iter().flat_map(of) {
        if seen.insert(name) {
            names.push(name.clone());
        }
    }
    names
}

fn free(name: &str, kind: &str, taken: &[String]) -> String {
    let is_ours = name == "task" || FIXED.contains(&name);
    if is_ours || taken.iter().any(|other| other == name) {
        return format!("{kind}.{name}");
    }
    name.to_owned()
}

fn row(table: &Table, task: &TaskRow, parameters: &[String], values: &[String]) -> Vec<Cell> {
    let mut cells = vec![number(u64::from(task.index) + 1)];
    cells.extend(parameters.iter().map(|name| named(name, &task.parameters)));
    cells.extend(fixed(table, task));
    let printed = task.row.as_ref().map_or(&[][..], |row| &row.values);
    cells.extend(values.iter().map(|name| named(name, printed)));
    cells
}

fn named(name: &str, list: &[(String, String)]) -> Cell {
    let found = list.iter().find(|(other, _)| other == name);
    found.map_or(Cell::Empty, |(_, value)| Cell::of(value))
}

fn fixed(table: &Table, task: &TaskRow) -> [Cell; FIXED.len()] {
    let state = Cell::Text(state(task.state).to_owned());
    let Some(row) = &task.row else {
        let mut cells = [const { Cell::Empty }; FIXED.len()];
        cells[0] = state;
        return cells;
    };
    let (exit, why) = ending(&row.end);
    let seconds = |time: Duration| Cell::Number(format!("{:.3}", time.as_secs_f64()));
    let is_run = row.started_ms > 0;
    let some = |cell: Cell| if is_run { cell } else { Cell::Empty };
    [
        state,
        exit.map_or(Cell::Empty, |status| number(u64::from(status))),
        row.host.map_or(Cell::Empty, |host| Cell::Text(host_name(table, host))),
        number(u64::from(row.attempts)),
        some(Cell::Number(format!("{:.3}", row.started_ms as f64 / 1000.0))),
        some(seconds(row.ran)),
        some(seconds(row.usage.user)),
        some(seconds(row.usage.system)),
        if task.state == State::Done { Cell::Empty } else { Cell::Text(why) },
    ]
}

fn host_name(table: &Table, host: HostId) -> String {
    table.hosts.get(&host).cloned().unwrap_or_else(|| format!("host {host}"))
}

fn number(value: u64) -> Cell {
    Cell::Number(value.to_string())
}

pub fn state(state: State) -> &'static str {
    match state {
        State::Waiting => "waiting",
        State::Ready => "ready",
        State::Running => "running",
        State::Done => "done",
        State::Failed => "failed",
        State::Lost => "lost",
        State::Killed => "killed",
        State::Skipped => "skipped",
    }
}

/// The exit status, where there is one, and the end in words.
pub fn ending(end: &End) -> (Option<u8>, String) {
    match end {
        End::Lost => (None, "its host was lost".to_owned()),
        End::Killed => (None, "it was killed".to_owned()),
        End::Skipped => (None, "a task that it depends on did not end well".to_owned()),
        End::Ended(Ending::Exited(status)) => (Some(*status), format!("exit status {status}")),
        End::Ended(Ending::Signalled(signal)) => (None, format!("signal {signal}")),
        End::Ended(Ending::TimedOut) => (None, "its time limit".to_owned()),
        End::Ended(Ending::OutOfMemory) => (None, "its memory limit".to_owned()),
        End::Ended(Ending::NotStarted(why)) => (Some(127), format!("not started: {why}")),
        End::Ended(Ending::Files(why)) => (None, format!("its files: {why}")),
        End::Ended(Ending::Checkpointed) => (None, "it saved itself".to_owned()),
    }
}

/// `3.17 (size=1M assoc=4)`.
pub fn task_name(job: JobId, task: &TaskRow) -> String {
    let number = format!("{job}.{}", u64::from(task.index) + 1);
    if task.parameters.is_empty() {
        return number;
    }
    let pairs = task.parameters.iter().map(|(name, value)| format!("{name}={value}"));
    format!("{number} ({})", pairs.collect::<Vec<_>>().join(" "))
}

/// A job in a line of `posse jobs`.
pub fn summary(job: JobId, summary: &Summary) -> String {
    let counts = &summary.counts;
    let failed = counts.all() - counts.open() - counts.of(State::Done);
    let left = match (summary.over, summary.paused, summary.left) {
        (true, ..) => "over".to_owned(),
        (_, true, _) => "paused".to_owned(),
        (_, _, Some(left)) => format!("{} s left", left.as_secs()),
        _ if !summary.sealed => "open".to_owned(),
        _ => "running".to_owned(),
    };
    format!(
        "{:>5}  {:>9}  {:>9}  {:>7}  {:>6}  {left:12}  {}",
        job.0,
        counts.all(),
        counts.of(State::Done),
        counts.of(State::Running),
        failed,
        summary.name
    )
}
