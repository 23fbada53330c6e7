//! Runs a plan to its end: starts it, feeds it, shows its output, passes signals on, and says how
//! it went. The one loop behind `e`, `mw`, the console and the faces.

use super::local;
use super::plan::{Labels as Labelling, Mode, Plan, Source};
use super::signals::Passed;
use super::{input, launch, mask, mw};
use crate::error::Error;
use crate::output::{
    Diff, Files, Fold, Group, Json, Label, Labels, Merge, Order, Outlet, Port, Raw, Sink, Spilling,
    Summary, View,
};
use crate::tell;
use posse::{Fd, RunEvent, Running, Vm};
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::Arc;

/// SIGPIPE: what a writer into a closed pipe gets.
const BROKEN_PIPE: u8 = 13;

/// Runs it; the exit status is the largest of all processes, as [`posse::Status::code`] counts.
pub fn run(vm: &Vm, plan: &Plan) -> Result<u8, Error> {
    let command = plan.command(vm)?;
    if plan.detach {
        let entry = vm.run_detached(&command)?;
        tell::say(&entry.number.to_string());
        return Ok(0);
    }
    let run = vm.run(&command)?;
    let _raw = plan.terminal.then(local::RawMode::enter);
    let signals = Passed::to(run.controller(), plan.terminal)?;
    let mut after = plan
        .after
        .as_deref()
        .map(|line| local::stage(line, Stdio::piped(), Stdio::inherit()))
        .transpose()?;
    let names: Vec<&str> = run.ranks().iter().map(|info| info.name.as_str()).collect();
    let labels = Arc::new(Labels::new(&names));
    let sink = sink(plan, &labels, outlet(plan, after.as_mut())?);
    let before = feed(&run, plan)?;
    let mut shown = Show { run, sink, summary: Summary::new(labels.size()), broken: false };
    match &plan.source {
        Source::All { through, join } => mw::run(&mut shown, *join, through.as_deref())?,
        _ => shown.to_end()?,
    }
    let code = finish(vm, plan, &labels, shown)?;
    let stages = [before, after].into_iter().flatten();
    let local = stages.map(|mut child| local::code(&mut child)).max().unwrap_or(0);
    Ok(signals.code().unwrap_or(code.max(local)))
}

/// A running command and what shows it.
pub struct Show {
    pub run: Running,
    pub sink: Box<dyn Sink>,
    pub summary: Summary,
    /// Whoever read our output has gone.
    pub broken: bool,
}

impl Show {
    /// Takes events until every process is over.
    pub fn to_end(&mut self) -> Result<(), Error> {
        while let Some(event) = self.run.next_event(None)? {
            self.take(event, None)?;
        }
        Ok(())
    }

    /// Shows one event; output of `hidden` goes elsewhere.
    pub fn take(&mut self, event: RunEvent, hidden: Option<Fd>) -> Result<(), Error> {
        match event {
            RunEvent::Output { fd, .. } if self.broken || hidden == Some(fd) => Ok(()),
            RunEvent::Output { rank, fd, bytes, end } => {
                let result = self.sink.output(rank.0, fd.0, &bytes, end);
                self.check(result)
            }
            RunEvent::Exit { rank, status, elapsed } => {
                self.summary.exit(rank.0, &status);
                let result = match self.broken {
                    true => Ok(()),
                    false => self.sink.exit(rank.0, &status, elapsed),
                };
                self.check(result)
            }
            RunEvent::CutOff { rank } => {
                let info = self.run.ranks().get(rank.0 as usize);
                let name = info.map_or("?", |info| &info.name);
                tell::note(&format!("{name}: read its input too slowly and was cut off"));
                Ok(())
            }
        }
    }

    /// `| head` has what it wanted: the processes are told as if it were their own pipe.
    fn check(&mut self, result: io::Result<()>) -> Result<(), Error> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.broken = true;
                self.run.close_all_outputs(Fd::STDOUT);
                Ok(self.run.controller().end_with(None, BROKEN_PIPE)?)
            }
            other => Ok(other?),
        }
    }
}

/// Where the merged output goes: our own stdout, or the local stage behind the braces.
fn outlet(plan: &Plan, after: Option<&mut Child>) -> Result<Outlet, Error> {
    let exact = plan.terminal || plan.mode == Mode::Raw;
    let Some(pipe) = after.and_then(|child| child.stdin.take()) else {
        return Ok(Outlet::standard(exact)?);
    };
    let stderr = io::stderr();
    let view = View::suited(stderr.is_terminal());
    let out = Port { writer: Box::new(File::from(OwnedFd::from(pipe))), view: View::Exact };
    Ok(Outlet::new(out, Port { writer: Box::new(stderr), view }, false))
}

fn sink(plan: &Plan, labels: &Arc<Labels>, outlet: Outlet) -> Box<dyn Sink> {
    let labels = labels.clone();
    match &plan.mode {
        _ if plan.terminal => Box::new(Raw::new(labels, outlet)),
        Mode::Merge => {
            let suited = labels.size() > 1 && io::stdout().is_terminal() && plan.after.is_none();
            let labelled = match plan.labels {
                Labelling::Suited => suited,
                Labelling::Always => true,
                Labelling::Never => false,
            };
            let form = if labelled { Label::Plain } else { Label::None };
            Box::new(Merge::new(labels, outlet, form))
        }
        Mode::Group => Box::new(Group::new(labels, outlet, Order::Finished, Spilling::default())),
        Mode::Fold => Box::new(Fold::new(labels, outlet, &launch::fold, Spilling::default())),
        Mode::Diff => Box::new(Diff::new(labels, outlet, &launch::fold, Spilling::default())),
        Mode::Files(template) => Box::new(Files::new(labels, outlet, template)),
        Mode::Raw => Box::new(Raw::new(labels, outlet)),
        Mode::Json => Box::new(Json::new(labels, outlet)),
    }
}

/// Starts what writes the stdin of all.
fn feed(run: &Running, plan: &Plan) -> Result<Option<Child>, Error> {
    match &plan.source {
        Source::Nothing | Source::All { .. } => Ok(None),
        Source::Own => {
            input::copy(run, io::stdin())?;
            Ok(None)
        }
        Source::Local(line) => {
            let mut child = local::stage(line, Stdio::inherit(), Stdio::piped())?;
            if let Some(pipe) = child.stdout.take() {
                input::copy(run, pipe)?;
            }
            Ok(Some(child))
        }
    }
}

/// Prints what was held back and the summary; remembers the ok-set.
fn finish(vm: &Vm, plan: &Plan, labels: &Labels, shown: Show) -> Result<u8, Error> {
    let Show { run, sink, summary, broken } = shown;
    match sink.finish() {
        Ok(mut outlet) => {
            let text = summary.text(labels, &launch::fold);
            if plan.report && plan.mode != Mode::Json && !broken && !text.is_empty() {
                outlet.say(2, &text)?;
            }
            outlet.flush()?;
        }
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => return Err(error.into()),
    }
    let ok = summary.ok_ranks();
    let name = |rank: &usize| run.ranks().get(*rank).map(|info| info.name.as_str());
    let failed = (0..labels.size()).filter(|rank| !ok.contains(&(*rank as u32)));
    let failed: Vec<&str> = failed.filter_map(|rank| name(&rank)).collect();
    let ok: Vec<&str> = ok.iter().filter_map(|rank| name(&(*rank as usize))).collect();
    mask::remember(vm, &ok, &failed)?;
    Ok(if broken { 128 + BROKEN_PIPE } else { summary.code() })
}
