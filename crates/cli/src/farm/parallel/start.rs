//! A line of GNU parallel from its words to its exit status.

use super::blocks::Blocks;
use super::feed::Feeder;
use super::load::Idle;
use super::printer::Printer;
use super::record::Record;
use super::run::{Progress, Run};
use super::tasks::Tasks;
use crate::commands::Outcome;
use crate::error::Error;
use crate::farm::ends::Ends;
use crate::farm::signals::Signals;
use crate::farm::{mistake, read_file, warn};
use crate::run::directory;
use crate::settings::Settings;
use crate::tell;
use posse::farm::{Farm, JobId, JobSpec};
use posse::{Directory, HostEntry, Vm};
use posse_work::Batch;
use posse_work::parallel::{Facts, Jobs, Plan, plan};
use std::time::Instant;

/// `words` are those behind `parallel`.
pub fn main(name: Option<&str>, words: &[String]) -> Outcome {
    // For what -X and -m spread over; nothing else needs the vm before the line is understood.
    let vm = crate::run::connect(name);
    let slots = vm.as_ref().map_or(1, |vm| slots_of(vm).iter().sum());
    let seed = u64::from(std::process::id());
    let facts = Facts { slots: slots.max(1), seed };
    let plan = plan(words, facts, &mut read_file).map_err(mistake)?;
    warn(&plan.work.warnings);
    if plan.options.dry_run {
        plan.commands().for_each(|line| tell::say(&line));
        return Ok(0);
    }
    let mut tasks = Tasks::of(&plan)?;
    if tasks.batches.iter().all(Batch::is_empty) {
        return Ok(0);
    }
    let vm = vm?;
    let slots = slots_of(&vm);
    let (cores, cap) = cores_and_cap(plan.options.jobs, &slots);
    for batch in &mut tasks.batches {
        batch.shared.needs.cores = cores;
        batch.shared.needs.memory = plan.options.memfree.unwrap_or(0);
    }
    let signals = Signals::watch()?;
    let record = Record::open(&plan)?;
    let farm = vm.farm();
    let job = open(&vm, &farm, &plan, cap)?;
    let room = room(&slots, cores, cap);
    let idle = plan.options.load.map(|load| Idle::of(name, load));
    let batches = tasks.batches.clone();
    let run = Run {
        options: &plan.options,
        tasks: &tasks,
        feeder: Feeder { batches, idle, ..feeder(&vm, &farm, job, &plan, room)? },
        ends: Ends::of(&farm, job),
        printer: Printer::new(&plan.options, &tasks.batches),
        record,
        state: Progress::default(),
    };
    let status = run.follow(&signals);
    match &status {
        Ok(_) if signals.came().is_none() => farm.forget(job)?,
        Ok(_) => {}
        Err(_) => {
            let _the_first_error_counts = farm.seal(job).and_then(|()| farm.kill(job, None));
        }
    }
    status
}

fn slots_of(vm: &Vm) -> Vec<u32> {
    let up = |host: &HostEntry| (host.is_up() && host.slots > 0).then_some(host.slots);
    vm.hosts().iter().filter_map(up).collect()
}

/// `-j` counts tasks on a host, whatever cores it has; percents are of its cores, and `-j +N` is so
/// many more than it has: then each takes the part of a core with which that many fit.
fn cores_and_cap(jobs: Jobs, slots: &[u32]) -> (u32, u32) {
    match jobs {
        Jobs::Count(count) => (0, count),
        Jobs::Percent(percent) => (100_000 / percent.max(1), u32::MAX),
        Jobs::All => (0, u32::MAX),
        Jobs::Beside(more) => {
            let count = |slots: &u32| slots.saturating_add_signed(more).max(1);
            // Hosts of other sizes run fewer rather than more.
            let part = slots.iter().map(|slots| slots.saturating_mul(1000) / count(slots)).max();
            (part.unwrap_or(1000), slots.iter().map(count).max().unwrap_or(1))
        }
    }
}

/// Tasks that run at a time on all hosts.
fn room(slots: &[u32], cores: u32, cap: u32) -> u32 {
    let of = |slots: &u32| slots.saturating_mul(1000).checked_div(cores).unwrap_or(u32::MAX);
    let all: u64 = slots.iter().map(|slots| u64::from(of(slots).min(cap))).sum();
    u32::try_from(all).unwrap_or(u32::MAX).max(1)
}

fn open(vm: &Vm, farm: &Farm, plan: &Plan, cap_per_host: u32) -> Result<JobId, Error> {
    let named = plan.options.environment.iter();
    let given = named.filter_map(|name| Some((name.clone(), std::env::var(name).ok()?)));
    let environment = Settings::of(vm).exports().into_iter().chain(given).collect();
    Ok(farm.open(&JobSpec { environment, cap_per_host, ..JobSpec::default() })?)
}

/// With nothing to give yet.
fn feeder<'a>(
    vm: &Vm,
    farm: &'a Farm,
    job: JobId,
    plan: &Plan,
    room: u32,
) -> Result<Feeder<'a>, Error> {
    let directory = match directory::of(None, &Settings::of(vm))? {
        Directory::Home => String::new(),
        Directory::BelowHome(path) | Directory::Path(path) => path,
    };
    let split = plan.split.as_ref();
    Ok(Feeder {
        farm,
        job,
        directory,
        batches: Vec::new(),
        at: (0, 0),
        blocks: split.map(|(input, split)| Blocks::of(input, split)).transpose()?,
        delay: plan.options.delay.unwrap_or_default(),
        idle: None,
        room,
        added: 0,
        next: Instant::now(),
        is_sealed: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_counted_on_each_host() {
        assert_eq!(cores_and_cap(Jobs::Beside(1), &[2, 2]), (666, 3));
        assert_eq!(cores_and_cap(Jobs::Beside(-1), &[4]), (1333, 3));
        assert_eq!(cores_and_cap(Jobs::Beside(-9), &[4, 2]), (4000, 1));
        let room = |jobs, slots: &[u32]| {
            let (cores, cap) = cores_and_cap(jobs, slots);
            room(slots, cores, cap)
        };
        assert_eq!(room(Jobs::Beside(1), &[2, 2]), 6);
        assert_eq!(room(Jobs::Beside(-1), &[4]), 3);
        assert_eq!(room(Jobs::Percent(100), &[4, 2]), 6);
        assert_eq!(room(Jobs::Count(3), &[4, 2]), 6);
        assert_eq!(room(Jobs::All, &[4]), u32::MAX);
    }
}
