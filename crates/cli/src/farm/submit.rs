//! Work is given: shown, or submitted, and followed where that is wanted.

use super::limits::DRY_RUN_LINES;
use super::options::Options;
use super::{batch, progress};
use crate::commands::Outcome;
use crate::error::Error;
use crate::run::directory;
use crate::settings::Settings;
use crate::tell;
use posse::farm::{JobId, JobSpec};
use posse::{Directory, Vm};
use posse_work::Batch;

/// Batches of one job, and how they are to be run.
pub struct Given<'a> {
    pub batches: Vec<Batch>,
    pub options: &'a Options,
}

/// Returns at once with the number of the job, or with `--wait` when it is over.
pub fn give(vm: impl FnOnce() -> Result<Vm, Error>, given: &Given<'_>) -> Outcome {
    if given.options.dry_run {
        show(&given.batches);
        return Ok(0);
    }
    if given.batches.iter().all(Batch::is_empty) {
        return Err(Error::usage("there is nothing to run: no tasks"));
    }
    let vm = vm()?;
    let job = submit(&vm, given)?;
    let tasks: u64 = given.batches.iter().map(Batch::len).sum();
    if given.options.wait {
        tell::note(&format!("job {job}: {tasks} tasks"));
        return progress::follow(&vm.farm(), job);
    }
    tell::say(&format!("job {job}: {tasks} tasks"));
    Ok(0)
}

fn submit(vm: &Vm, given: &Given<'_>) -> Result<JobId, Error> {
    let (options, settings) = (given.options, Settings::of(vm));
    if let Some(hosts) = &options.hosts {
        vm.select(hosts)?;
    }
    let directory = match directory::of(options.directory.as_deref(), &settings)? {
        Directory::Home => String::new(),
        Directory::BelowHome(path) | Directory::Path(path) => path,
    };
    let farm = vm.farm();
    let spec = JobSpec {
        name: options.name.clone().unwrap_or_default(),
        environment: settings.exports(),
        priority: options.priority,
        cap: options.at_once.unwrap_or(u32::MAX),
        cap_per_host: options.per_host.unwrap_or(u32::MAX),
        ..JobSpec::default()
    };
    let job = farm.open(&spec)?;
    let mut tasks = 0;
    for batch in &given.batches {
        for part in batch::parts(batch, &directory) {
            tasks = farm.add(job, tasks, part)?;
        }
    }
    farm.seal(job)?;
    Ok(job)
}

/// What would run, and how much of it.
fn show(batches: &[Batch]) {
    let mut left = DRY_RUN_LINES;
    let total: u64 = batches.iter().map(Batch::len).sum();
    for batch in batches {
        let shown = batch.len().min(left);
        (0..shown).for_each(|task| tell::say(&batch.command_line(task)));
        left -= shown;
    }
    if total > DRY_RUN_LINES {
        tell::note(&format!("and {} more", total - DRY_RUN_LINES));
    }
    let needs = batches.first().map(|batch| batch.shared.needs.to_string());
    tell::note(&format!("{total} tasks, each of {}", needs.unwrap_or_default()));
}
