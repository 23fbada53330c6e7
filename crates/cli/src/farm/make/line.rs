//! One line of a recipe: given to the farm as a task, waited for, its output printed, its exit
//! status passed on. Called by make, through the shell in `place`.

use super::call::{self, Call, LEVEL};
use super::place::{Common, Place};
use crate::commands::Outcome;
use crate::error::Error;
use crate::farm::signals::Signals;
use crate::run::directory;
use crate::{run, tell};
use posse::Directory;
use posse::farm::{
    Batch, Column, End, Ending, Farm, JobId, Needs, Program, TaskEnd, TaskId, Template, Text,
};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The hidden word.
pub const WORD: &str = "make-line";

/// How soon a signal of make is seen.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What shells say of a program that can not be started.
const NOT_STARTED: u8 = 127;

/// `words`: the directory of the run, the makefile's shell, its flags, the line.
pub fn main(words: &[OsString]) -> Outcome {
    let Some((directory, words)) = words.split_first() else { return Err(not_typed()) };
    let environment = environment();
    let texts: Option<Vec<String>> = words.iter().map(|w| w.to_str().map(str::to_owned)).collect();
    let Some(texts) = texts else {
        // Bytes that are no text would not come through a job as they are.
        let level = environment.get("MAKELEVEL").map_or("0", String::as_str);
        return Err(here(words, level));
    };
    let place = Place::at(Path::new(directory));
    let hook = place.shell().to_string_lossy().into_owned();
    let call = Call::of(&texts, &hook, &environment, are_open).ok_or_else(not_typed)?;
    if call.is_local() {
        return Err(here(&call.words, &call.level.to_string()));
    }
    let common = place.common()?;
    let added = call::added(&environment, &common.environment, &hook, &call.words[0]);
    remote(&place, &common, &call, &added)
}

fn not_typed() -> Error {
    Error::usage(format!("`{WORD}` is for make, which `posse make` starts"))
}

/// Names and values as text.
pub(super) fn environment() -> BTreeMap<String, String> {
    let text = |word: OsString| word.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}

/// Becomes the makefile's shell; returns where that can not be.
fn here(words: &[impl AsRef<OsStr>], level: &str) -> Error {
    let Some((shell, words)) = words.split_first() else { return not_typed() };
    let error = Command::new(shell).args(words).env(LEVEL, level).exec();
    Error::usage(format!("{}: {error}", shell.as_ref().display()))
}

/// Whether both ends of make's jobserver are descriptors of ours.
fn are_open(read: i32, write: i32) -> bool {
    [read, write].into_iter().all(|number| {
        number >= 0 && Path::new(&format!("/proc/self/fd/{number}")).symlink_metadata().is_ok()
    })
}

fn remote(place: &Place, common: &Common, call: &Call, added: &[(String, String)]) -> Outcome {
    let signals = Signals::watch()?;
    let farm = run::connect(common.vm.as_deref())?.farm();
    let job = common.job();
    let mut task = TaskId { job, index: 0 };
    place.add(|known| {
        let first = match known {
            Some(count) => count,
            None => count(&farm, job)?,
        };
        task.index = first;
        Ok(farm.add(job, first, batch(common, call, added)?)?)
    })?;
    let mut expected = farm.expect(task);
    loop {
        match expected.get(Some(Instant::now() + LOOK_EVERY)) {
            Ok(end) => return show(&end),
            Err(posse::Error::Deadline) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(signal) = signals.came() {
            farm.kill(job, Some(vec![task.index]))?;
            return Ok(128 + signal);
        }
    }
}

/// Where the last line that was added did not live to say so.
fn count(farm: &Farm, job: JobId) -> Result<u32, Error> {
    let jobs = farm.jobs()?;
    let of = jobs.iter().find(|(other, _)| *other == job);
    let gone = || Error::usage(format!("job {job} of this make is gone"));
    of.map(|(_, summary)| summary.counts.all()).ok_or_else(gone)
}

/// A task of its own; the line is a column of the results.
fn batch(common: &Common, call: &Call, added: &[(String, String)]) -> Result<Batch, Error> {
    let (line, shell) = call.words.split_last().ok_or_else(not_typed)?;
    let mut words: Vec<Text> = shell.iter().cloned().map(Text::plain).collect();
    words.push(Text::value(0));
    let directory = match directory::translate(&directory::current())? {
        Directory::Home => String::new(),
        Directory::BelowHome(path) | Directory::Path(path) => path,
    };
    let mut template = Template::of(vec!["line".to_owned()], Program::Argv(words));
    template.directory = Text::plain(directory);
    let plain = |(name, value): &(String, String)| (name.clone(), Text::plain(value.clone()));
    template.environment = added.iter().map(plain).collect();
    // It writes files that another one would write, too.
    template.rules.second_copy = false;
    let needs = Needs { hosts: common.hosts.clone(), ..Needs::default() };
    Ok(Batch::of(template, 1, vec![Column::each([line.as_str()])], needs))
}

fn show(end: &TaskEnd) -> Outcome {
    if let Some(output) = &end.output {
        std::io::stdout().write_all(&output.stdout)?;
        std::io::stdout().flush()?;
        std::io::stderr().write_all(&output.stderr)?;
        if output.dropped > 0 {
            tell::note(&format!("{} bytes more of its output were not kept", output.dropped));
        }
    }
    Ok(match &end.row.end {
        End::Ended(Ending::Exited(status)) => *status,
        End::Ended(Ending::Signalled(signal)) => signal.saturating_add(128),
        other => {
            tell::note(&crate::farm::table::ending(other).1);
            NOT_STARTED
        }
    })
}
