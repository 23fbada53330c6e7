//! `posse results`: the table of a job.

use crate::commands::Outcome;
use crate::farm;
use crate::{run, tell};
use posse::farm::State;
use posse_work::results::Table;
use std::path::PathBuf;

/// Print the results of a job as a table: parameters, how each task ended, and what it printed
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse results 3\n  posse results 3 --csv > results.csv\n  \
        posse results 3 --sqlite r.db && sqlite3 r.db 'select avg(seconds) from results'\n  \
        posse results sim --json | jq 'select(.misses > 100)'\n\n\
        Lines of a task's output in which each word is KEY=VALUE, and JSON objects, are columns.")]
pub struct Args {
    /// By number or name
    job: String,
    /// Comma-separated, with a header
    #[arg(long)]
    csv: bool,
    /// Tab-separated, with a header
    #[arg(long, conflicts_with = "csv")]
    tsv: bool,
    /// One JSON object a line
    #[arg(long, conflicts_with_all = ["csv", "tsv"])]
    json: bool,
    /// Into this file as a database of SQLite with the table `results`; it is replaced
    #[arg(long, value_name = "FILE", conflicts_with_all = ["csv", "tsv", "json"])]
    sqlite: Option<PathBuf>,
    /// Only tasks that ended otherwise than well
    #[arg(long)]
    failed: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let farm = run::connect(vm)?.farm();
    let mut table = farm.rows(farm::find(&farm, &args.job)?)?;
    if args.failed {
        table.tasks.retain(|task| task.state.is_over() && task.state != State::Done);
    }
    let table = farm::of_job(&table);
    if let Some(file) = &args.sqlite {
        farm::write_database(&table, file)?;
        return Ok(0);
    }
    let text = match (args.csv, args.tsv, args.json) {
        (true, ..) => table.csv(','),
        (_, true, _) => table.csv('\t'),
        (.., true) => table.json_lines(),
        _ => aligned(&table),
    };
    tell::say(text.trim_end_matches('\n'));
    Ok(0)
}

/// For people: columns under their names, without those that are empty everywhere.
fn aligned(table: &Table) -> String {
    let rows = 0..table.rows.len();
    let text =
        |row: usize, column: usize| crate::output::visible_line(table.cell(row, column).text());
    let used = |column: &usize| rows.clone().any(|row| !table.cell(row, *column).text().is_empty());
    let columns: Vec<usize> = (0..table.columns.len()).filter(used).collect();
    let width = |column: &usize| {
        let cells = rows.clone().map(|row| text(row, *column).chars().count());
        cells.max().unwrap_or(0).max(table.columns[*column].chars().count())
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let line = |cell: &dyn Fn(usize) -> String| {
        let cells = columns.iter().zip(&widths);
        let cells = cells.map(|(column, width)| format!("{:width$}", cell(*column)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = line(&|column| table.columns[column].clone());
    let body = rows.clone().map(|row| line(&|column| text(row, column)));
    std::iter::once(head).chain(body).collect::<Vec<_>>().join("\n")
}
