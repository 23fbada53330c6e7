//! The face of GNU parallel: its line read by `posse-work`, its tasks run as a job of the vm, its
//! output, joblog and exit status. What it can not do here is refused, and nothing runs.

use super::limits::FAILED_MAX;
use super::printer::Printer;
use super::{batch, mistake, read_file, warn};
use crate::commands::Outcome;
use crate::error::Error;
use crate::run::directory;
use crate::settings::Settings;
use crate::{run, tell};
use posse::farm::{Farm, JobId, JobSpec, State, Table};
use posse::{Directory, HostEntry, Vm};
use posse_work::parallel::{Facts, Jobs, Options, Plan, TimeLimit, joblog, plan};
use posse_work::{Axis, Batch, Combine, Command, Form, Grid, List, Piece, Text, Values};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How soon ^C is seen, and output that came.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Status after ^C, as shells have it.
const INTERRUPTED: u8 = 130;

/// `words` are those behind `parallel`.
pub fn main(vm: Option<&str>, words: &[String]) -> Outcome {
    // For what -X and -m spread over; nothing else needs the vm before the line is understood.
    let vm = run::connect(vm);
    let slots = vm.as_ref().map_or(1, |vm| vm.hosts().iter().map(slots).sum());
    let seed = u64::from(std::process::id());
    let facts = Facts { slots: slots.max(1), seed };
    let plan = plan(words, facts, &mut read_file).map_err(mistake)?;
    warn(&plan.work.warnings);
    check(&plan.options)?;
    if plan.options.dry_run {
        plan.commands().for_each(|line| tell::say(&line));
        return Ok(0);
    }
    let (batches, numbers) = left(&plan)?;
    if batches.iter().all(Batch::is_empty) {
        return Ok(0);
    }
    let vm = vm?;
    let job = submit(&vm, &plan, &batches)?;
    let farm = vm.farm();
    let mut printer = Printer::new(job, &plan.options, &batches);
    if !follow(&farm, job, &mut printer)? {
        farm.kill(job, None)?;
        return Ok(INTERRUPTED);
    }
    let table = farm.rows(job)?;
    printer.finish(&table)?;
    if let Some(file) = &plan.options.joblog {
        write_log(file, &plan, &table, &numbers)?;
    }
    let failed = table.tasks.iter().filter(|task| task.state != State::Done).count();
    farm.forget(job)?;
    // FAILED_MAX fits.
    Ok(failed.min(FAILED_MAX) as u8)
}

fn slots(host: &HostEntry) -> u32 {
    if host.is_up() { host.slots } else { 0 }
}

/// What this face does not do yet.
fn check(options: &Options) -> Result<(), Error> {
    let beside = matches!(options.jobs, Jobs::Beside(_));
    let percent = matches!(options.timeout, Some(TimeLimit::Percent(_)));
    let wanted = [
        (options.pipe, "--pipe"),
        (options.results.is_some(), "--results"),
        (options.load.is_some(), "--load"),
        (options.memfree.is_some(), "--memfree"),
        (options.delay.is_some(), "--delay"),
        (options.halt.is_some(), "--halt"),
        (beside, "-j with + or -"),
        (percent, "--timeout with %"),
    ];
    match wanted.iter().find(|(given, _)| *given) {
        None => Ok(()),
        Some((_, name)) => {
            Err(Error::usage(format!("`posse parallel` does not do {name} yet; nothing was run")))
        }
    }
}

/// What an earlier run has not done, and the numbers of its tasks, where they are not 1 and up.
fn left(plan: &Plan) -> Result<(Vec<Batch>, Vec<u64>), Error> {
    if plan.done.is_empty() {
        return Ok((plan.work.batches.clone(), Vec::new()));
    }
    let numbered = (1..).zip(plan.commands());
    let rest: Vec<(u64, String)> =
        numbered.filter(|(number, _)| !plan.done.contains(number)).collect();
    let (numbers, lines): (Vec<u64>, Vec<String>) = rest.into_iter().unzip();
    let list = Values::List(List::of(lines).map_err(mistake)?);
    let grid = Grid::new(vec![Axis::new("command", list)], Combine::Product).map_err(mistake)?;
    let whole = Piece::Value { column: 0, form: Form::Whole, quoted: false };
    let mut batch = Batch::new(Command::Shell(Text(vec![whole])), grid);
    if let Some(first) = plan.work.batches.first() {
        batch.shared.rules = first.shared.rules.clone();
        batch.shared.directory = first.shared.directory.clone();
    }
    Ok((vec![batch], numbers))
}

/// `-j` counts tasks on a host, whatever cores it has; percents are of its cores.
fn cores_and_cap(jobs: Jobs) -> (u32, u32) {
    match jobs {
        Jobs::Count(count) => (0, count),
        Jobs::Percent(percent) => (100_000 / percent.max(1), u32::MAX),
        Jobs::Beside(_) | Jobs::All => (0, u32::MAX),
    }
}

fn submit(vm: &Vm, plan: &Plan, batches: &[Batch]) -> Result<JobId, Error> {
    let settings = Settings::of(vm);
    let directory = match directory::of(None, &settings)? {
        Directory::Home => String::new(),
        Directory::BelowHome(path) | Directory::Path(path) => path,
    };
    let (cores, cap_per_host) = cores_and_cap(plan.options.jobs);
    let named = plan.options.environment.iter();
    let given = named.filter_map(|name| Some((name.clone(), std::env::var(name).ok()?)));
    let environment = settings.exports().into_iter().chain(given).collect();
    let farm = vm.farm();
    let job = farm.open(&JobSpec { environment, cap_per_host, ..JobSpec::default() })?;
    let mut tasks = 0;
    for batch in batches {
        let mut batch = batch.clone();
        batch.shared.needs.cores = cores;
        for part in batch::parts(&batch, &directory) {
            tasks = farm.add(job, tasks, part)?;
        }
    }
    farm.seal(job)?;
    Ok(job)
}

/// Prints what comes. False: ^C, or the like.
fn follow(farm: &Farm, job: JobId, printer: &mut Printer) -> Result<bool, Error> {
    let left = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, Arc::clone(&left))?;
    }
    let mut following = farm.follow(job);
    loop {
        match following.next_change(Some(Instant::now() + LOOK_EVERY)) {
            Ok(Some(_)) => printer.look(farm)?,
            Ok(None) => {
                printer.look(farm)?;
                return Ok(true);
            }
            Err(posse::Error::Deadline) => {}
            Err(error) => return Err(error.into()),
        }
        if left.load(Ordering::Relaxed) {
            return Ok(false);
        }
    }
}

/// Behind what the file has, in the order in which tasks began.
fn write_log(file: &str, plan: &Plan, table: &Table, numbers: &[u64]) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    let is_on = plan.options.resume != Default::default();
    options.create(true).write(true).append(is_on).truncate(!is_on);
    let mut log = options.open(file)?;
    if log.metadata()?.len() == 0 {
        write!(log, "{}", joblog::HEADER)?;
    }
    let commands: Vec<String> = plan.commands().collect();
    let mut entries: Vec<joblog::Entry> =
        table.tasks.iter().filter_map(|task| entry(task, table, &commands, numbers)).collect();
    entries.sort_by(|a, b| a.start.total_cmp(&b.start));
    for entry in entries {
        write!(log, "{}", entry.line())?;
    }
    Ok(())
}

fn entry(
    task: &posse::farm::TaskRow,
    table: &Table,
    commands: &[String],
    numbers: &[u64],
) -> Option<joblog::Entry> {
    use posse::farm::{End, Ending};
    let row = task.row.as_ref()?;
    let at = task.index as usize;
    let number = numbers.get(at).copied().unwrap_or(at as u64 + 1);
    // GNU parallel says -1 where a task was ended by its time limit or with its host.
    let (status, signal) = match &row.end {
        End::Ended(Ending::Exited(status)) => (i32::from(*status), 0),
        End::Ended(Ending::Signalled(signal)) => (0, i32::from(*signal)),
        End::Ended(Ending::NotStarted(_)) => (127, 0),
        _ => (-1, 0),
    };
    let host = row.host.and_then(|host| table.hosts.get(&host).cloned());
    Some(joblog::Entry {
        number,
        host: host.unwrap_or_else(|| ":".to_owned()),
        start: row.started_ms as f64 / 1000.0,
        runtime: row.ran.as_secs_f64(),
        sent: 0,
        received: 0,
        status,
        signal,
        command: commands.get(usize::try_from(number - 1).ok()?)?.clone(),
    })
}
