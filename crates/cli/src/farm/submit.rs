//! Work is given: shown, or submitted, and followed where that is wanted.

use super::limits::DRY_RUN_LINES;
use super::options::Options;
use super::{batch, progress};
use crate::commands::Outcome;
use crate::error::Error;
use crate::run::directory;
use crate::settings::Settings;
use crate::tell;
use posse::farm::{Farm, JobId, JobSpec, Made};
use posse::{Directory, Vm};
use posse_work::Batch;

/// Batches of one job, and how they are to be run.
pub struct Given<'a> {
    pub batches: Vec<Batch>,
    pub options: &'a Options,
    /// Of the job, where the options do not say it.
    pub name: String,
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
    check(&given.batches)?;
    let vm = vm()?;
    let mut job = open(&vm, given)?;
    match given.batches.iter().try_for_each(|batch| job.add(batch)) {
        Ok(()) => job.seal(given.options),
        Err(error) => {
            job.give_up();
            Err(error)
        }
    }
}

/// What the farm does not do yet.
fn check(batches: &[Batch]) -> Result<(), Error> {
    if batches.len() > 1 && batches.iter().any(|batch| batch.at_once.is_some()) {
        let text = "at_once is for the only task of a file; --at-once is for a whole job";
        return Err(Error::usage(text));
    }
    Ok(())
}

/// A job that takes tasks.
pub struct Open {
    farm: Farm,
    job: JobId,
    directory: String,
    tasks: u32,
    copies: bool,
    /// Batches of the farm that each batch became.
    parts: Vec<Vec<u32>>,
    count: u32,
    made: Made,
}

impl Open {
    /// What must come before it was added before.
    pub fn add(&mut self, batch: &Batch) -> Result<(), Error> {
        let before = batch.after.iter().filter_map(|at| self.parts.get(*at));
        let after: Vec<u32> = before.flatten().copied().collect();
        let first = self.count;
        for mut part in batch::parts(batch, &self.directory) {
            part.after.clone_from(&after);
            part.template.rules.second_copy = self.copies;
            self.tasks = self.farm.add_with(self.job, self.tasks, part, &mut self.made)?;
            self.count += 1;
        }
        self.parts.push((first..self.count).collect());
        Ok(())
    }

    /// Its tasks can not all be taken: none is wanted.
    fn give_up(self) {
        let Open { farm, job, .. } = self;
        let ended = farm.kill(job, None).and_then(|()| farm.seal(job));
        let _it_is_listed_then = ended.and_then(|()| farm.forget(job));
    }

    /// All is there: followed to its end where that is wanted.
    pub fn seal(self, options: &Options) -> Outcome {
        let Open { farm, job, tasks, .. } = self;
        farm.seal(job)?;
        if options.wait {
            tell::note(&format!("job {job}: {tasks} tasks"));
            return progress::follow(&farm, job);
        }
        tell::say(&format!("job {job}: {tasks} tasks"));
        Ok(0)
    }
}

/// With what is common to all its tasks.
pub fn open(vm: &Vm, given: &Given<'_>) -> Result<Open, Error> {
    let (options, settings) = (given.options, Settings::of(vm));
    let of_tasks = given.batches.iter().map(|batch| &batch.shared.needs.hosts);
    for hosts in of_tasks.chain(&options.hosts).filter(|hosts| !hosts.is_empty()) {
        vm.select(hosts)?;
    }
    let directory = match directory::of(options.directory.as_deref(), &settings)? {
        Directory::Home => String::new(),
        Directory::BelowHome(path) | Directory::Path(path) => path,
    };
    let farm = vm.farm();
    let spec = JobSpec {
        name: options.name.clone().unwrap_or_else(|| given.name.clone()),
        environment: settings.exports(),
        priority: given.batches.iter().map(|batch| batch.shared.priority).max().unwrap_or(0),
        cap: options.at_once.or_else(|| given.batches.first()?.at_once).unwrap_or(u32::MAX),
        cap_per_host: options.per_host.unwrap_or(u32::MAX),
        ..JobSpec::default()
    };
    let job = farm.open(&spec)?;
    let copies = !options.no_copies;
    let (parts, made) = (Vec::new(), Made::default());
    Ok(Open { farm, job, directory, tasks: 0, copies, parts, count: 0, made })
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
