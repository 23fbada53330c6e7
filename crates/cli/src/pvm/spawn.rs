//! `spawn`: tasks are the processes of a detached command, which outlives the console.

use super::console::Console;
use super::job::{Job, Sink};
use super::place;
use super::request::{Output, Refused, Request};
use crate::error::Error;
use crate::limits::SPAWNED_MAX;
use crate::output::visible;
use crate::run::members::{self, Member};
use crate::run::plan::{Plan, What};
use crate::run::{directory, stage};
use crate::tell;
use posse::HostId;
use posse::pvm::{Inherited, STAGE, Tid};
use std::fs::OpenOptions;

pub fn spawn(console: &mut Console, words: &[String]) -> Result<(), Error> {
    let request = match Request::read(words) {
        Ok(request) => request,
        Err(Refused::Arguments) => {
            tell::say("spawn: wrong #args");
            return Ok(());
        }
        Err(Refused::Count(count)) => {
            tell::say(&format!("spawn: {count} is no number of tasks, 1 to {SPAWNED_MAX}"));
            return Ok(());
        }
        Err(Refused::Flag(flag)) => {
            tell::say(&format!("spawn: {flag} is not to be had: no debugger, no traces"));
            return Ok(());
        }
    };
    let hosts = console.hosts()?;
    let may = place::hosts(&hosts, &request.place, request.count, &mut console.next_host);
    let on = console.vm.place(request.count, &may, console.placement())?;
    if on.is_empty() {
        tell::say("0 successful\nNo such host");
        return Ok(());
    }
    let sink = sink(&request)?;
    let mut plan = plan(console, &request, on.clone());
    if console.names.variable(STAGE).is_some_and(|value| !value.is_empty()) {
        // A host that it could not be sent to says that it has no such file.
        let _said = stage::send(&console.vm, &mut plan)?;
    }
    let command = plan.command(&console.vm)?;
    let entry = console.vm.run_detached(&command.parent(console.process.id()))?;
    let found = members::of(&console.vm, &on, entry.id, on.len())?;
    let tids: Vec<Result<Tid, String>> = found.iter().map(outcome).collect();
    let started: Vec<Option<Tid>> = tids.iter().map(|tid| tid.clone().ok()).collect();
    let follows = sink.filter(|_| started.iter().any(Option::is_some));
    let job = follows.map(|sink| (console.jobs.next_number(), sink));
    if let Some((number, _)) = &job {
        tell::say(&format!("[{number}]"));
    }
    tell::say(&format!("{} successful", started.iter().flatten().count()));
    for tid in tids {
        tell::say(&tid.map_or_else(|why| why, |tid| tid.to_string()));
    }
    // Behind the tids, by which its lines are understood.
    if let Some((number, sink)) = job {
        let attached = console.vm.attach(entry.id, true)?;
        let title = request.words.join(" ");
        let job = Job { title, tids: started };
        let console_itself = (console.vm.clone(), console.process.clone());
        console.jobs.start(number, job, sink, attached, console_itself)?;
    }
    Ok(())
}

fn sink(request: &Request) -> Result<Option<Sink>, Error> {
    Ok(match &request.output {
        Output::Kept => None,
        Output::Console => Some(Sink::Console),
        Output::File { path, append } => {
            let mut how = OpenOptions::new();
            how.create(true).append(*append).write(true).truncate(!append);
            let file = how.open(path).map_err(|error| {
                Error::config(format!("cannot write {}: {error}", path.display()))
            })?;
            Some(Sink::File(file))
        }
    })
}

fn plan(console: &Console, request: &Request, on: Vec<HostId>) -> Plan {
    let mut plan = Plan::new(What::Argv(request.words.clone()));
    let here = directory::current();
    let directory = request.directory.as_deref().or(console.names.variable("PVM_WD"));
    // As a pvmd, whose own directory is home.
    plan.directory = Some(directory.unwrap_or("~").into());
    plan.environment = console.names.inherited();
    let search = console.names.search(&here.to_string_lossy(), &console.search);
    plan.environment.push(("PATH".to_owned(), search));
    // It is a spawned task, and has siblings; that a console is its parent is hidden from it. What
    // it spawns itself is heard where it is.
    let console_tid = Tid::of(console.process.id()).filter(|_| request.output != Output::Kept);
    let code = i32::try_from(console.jobs.upcoming()).unwrap_or(i32::MAX);
    let output = console_tid.map_or((0, 0, 0), |tid| (tid.0, code, 0));
    let told = Inherited { output, no_parent: true, ..Inherited::default() };
    plan.environment.push((Inherited::VARIABLE.to_owned(), told.text()));
    plan.on = on;
    plan
}

/// Its tid, or PVM's word for what went wrong; ours go to stderr.
fn outcome(member: &Option<Member>) -> Result<Tid, String> {
    let Some(member) = member else { return Err("Host failed".to_owned()) };
    if let Some(why) = members::not_started(member) {
        if why.contains("not found") {
            return Err("No such file".to_owned());
        }
        tell::note(&visible(why.as_bytes()));
        return Err("Can't start task".to_owned());
    }
    Tid::of(member.entry.process).ok_or_else(|| "No more tids".to_owned())
}
