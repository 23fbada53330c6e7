//! What is written of each task as it ends: the joblog, and the files or the table of `--results`.

use super::tasks::Told;
use crate::error::Error;
use posse::farm::{End, Ending, Output};
use posse_work::parallel::joblog::{self, Entry};
use posse_work::parallel::results::{Format, Results};
use posse_work::parallel::{Options, Plan, Resume};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

pub struct Record {
    log: Option<File>,
    table: Option<(File, Format)>,
    files: Option<Results>,
    names: Vec<String>,
}

impl Record {
    /// Opens what is to be written, before anything runs.
    pub fn open(plan: &Plan) -> Result<Record, Error> {
        let options = &plan.options;
        let log = options.joblog.as_deref().map(|file| open(file, options, joblog::HEADER));
        let mut record =
            Record { log: log.transpose()?, table: None, files: None, names: plan.names.clone() };
        match &plan.results {
            Some(Results::Table { path, format }) => {
                let file = open(path, options, &format.head(&columns(plan)))?;
                record.table = Some((file, *format));
            }
            results => record.files.clone_from(results),
        }
        Ok(record)
    }

    pub fn ended(&mut self, told: &Told, output: Option<&Output>) -> Result<(), Error> {
        let (stdout, stderr): (&[u8], &[u8]) =
            output.map_or((&[], &[]), |output| (&output.stdout, &output.stderr));
        let entry = entry(told, stdout.len());
        if let Some(log) = &mut self.log {
            log.write_all(entry.line().as_bytes())?;
        }
        if let Some((table, format)) = &mut self.table {
            table.write_all(format.row(&entry, &told.values, stdout, stderr).as_bytes())?;
        }
        let files = self.files.as_ref();
        let files = files.and_then(|results| results.files(&self.names, &told.values, told.number));
        if let Some(files) = files {
            put(&files.stdout, stdout)?;
            put(&files.stderr, stderr)?;
            put(&files.seq, told.number.to_string().as_bytes())?;
        }
        Ok(())
    }
}

/// Goes on behind what an earlier run has written, where that is wanted.
fn open(file: &str, options: &Options, head: &str) -> Result<File, Error> {
    let goes_on = options.resume != Resume::No;
    let mut how = OpenOptions::new();
    how.create(true).write(true).append(goes_on).truncate(!goes_on);
    let mut opened =
        how.open(file).map_err(|error| Error::config(format!("cannot write {file}: {error}")))?;
    if opened.metadata()?.len() == 0 {
        opened.write_all(head.as_bytes())?;
    }
    Ok(opened)
}

fn put(path: &str, bytes: &[u8]) -> Result<(), Error> {
    if let Some(above) = Path::new(path).parent() {
        std::fs::create_dir_all(above)?;
    }
    let wrong = |error| Error::config(format!("cannot write {path}: {error}"));
    std::fs::write(path, bytes).map_err(wrong)
}

/// `V1`, `V2`, unless the input has names.
fn columns(plan: &Plan) -> Vec<String> {
    let names = plan.work.batches.first().map(|batch| batch.column_names()).unwrap_or_default();
    match plan.options.header {
        Some(_) => names,
        None => (1..=names.len()).map(|number| format!("V{number}")).collect(),
    }
}

fn entry(told: &Told, received: usize) -> Entry {
    let row = told.task.row.as_ref();
    // As GNU parallel has them where a task was ended by its time limit, or with its host.
    let (status, signal) = match row.map(|row| &row.end) {
        Some(End::Ended(Ending::Exited(status))) => (i32::from(*status), 0),
        Some(End::Ended(Ending::Signalled(signal))) => (0, i32::from(*signal)),
        Some(End::Ended(Ending::NotStarted(_))) => (127, 0),
        Some(End::Ended(Ending::TimedOut) | End::Killed) => (-1, 15),
        _ => (-1, 0),
    };
    Entry {
        number: told.number,
        host: told.host.clone().unwrap_or_else(|| ":".to_owned()),
        start: row.map_or(0.0, |row| row.started_ms as f64 / 1000.0),
        runtime: row.map_or(0.0, |row| row.ran.as_secs_f64()),
        sent: 0,
        received: received as u64,
        status,
        signal,
        command: told.command.clone(),
    }
}
