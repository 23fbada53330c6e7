//! The events of a command, shown: output through the sink of its mode, exits into the summary.
//! One loop for commands that this front end runs and for detached ones that it follows. Called by
//! `drive`, `mw`, `posse out` and `posse attach`.

use super::launch;
use super::plan::{Labels as Labelling, Mode};
use crate::error::Error;
use crate::output::{
    Diff, Files, Fold, Group, Json, Label, Labels, Merge, Order, Outlet, Port, Raw, Sink, Spilling,
    Summary, View,
};
use crate::tell;
use posse::{Attached, Fd, RunEvent, Running};
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::Arc;

/// SIGPIPE: what a writer into a closed pipe gets.
pub const BROKEN_PIPE: u8 = 13;

/// Where events come from.
pub trait Events {
    /// `None` after the last one.
    fn next(&mut self) -> Result<Option<RunEvent>, Error>;

    /// Whoever read our output has gone.
    fn reader_left(&mut self) -> Result<(), Error>;
}

impl Events for Running {
    fn next(&mut self) -> Result<Option<RunEvent>, Error> {
        Ok(self.next_event(None)?)
    }

    /// The processes are told as if it were their own pipe.
    fn reader_left(&mut self) -> Result<(), Error> {
        self.close_all_outputs(Fd::STDOUT);
        Ok(self.controller().end_with(None, BROKEN_PIPE)?)
    }
}

/// A detached command that is followed, until nobody reads any more.
pub struct Followed {
    attached: Option<Attached>,
}

impl Followed {
    pub fn new(attached: Attached) -> Followed {
        Followed { attached: Some(attached) }
    }
}

impl Events for Followed {
    fn next(&mut self) -> Result<Option<RunEvent>, Error> {
        let event = self.attached.as_mut().map(|attached| attached.next_event(None));
        Ok(event.transpose()?.flatten())
    }

    /// The command goes on; only the following ends.
    fn reader_left(&mut self) -> Result<(), Error> {
        self.attached = None;
        Ok(())
    }
}

/// How output is to look.
pub struct Look<'a> {
    pub mode: &'a Mode,
    pub labels: Labelling,
    /// The processes have a terminal: every byte as it is.
    pub terminal: bool,
    /// A local stage reads the output.
    pub piped: bool,
    /// Say on stderr which hosts failed.
    pub report: bool,
}

/// A command and what shows it.
pub struct Show<R = Running> {
    pub run: R,
    pub labels: Arc<Labels>,
    pub sink: Box<dyn Sink>,
    pub summary: Summary,
    /// Whoever read our output has gone.
    pub broken: bool,
}

impl<R: Events> Show<R> {
    /// `names[rank]` is the host of each process.
    pub fn new(run: R, names: &[&str], look: &Look, outlet: Outlet) -> Show<R> {
        let labels = Arc::new(Labels::new(names));
        let sink = sink(look, &labels, outlet);
        let summary = Summary::new(labels.size());
        Show { run, labels, sink, summary, broken: false }
    }

    /// Takes events until every process is over.
    pub fn to_end(&mut self) -> Result<(), Error> {
        while let Some(event) = self.run.next()? {
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
                let name = self.labels.folded(&[rank.0], &launch::fold);
                tell::note(&format!("{name}: read its input too slowly and was cut off"));
                Ok(())
            }
        }
    }

    /// `| head` has what it wanted.
    fn check(&mut self, result: io::Result<()>) -> Result<(), Error> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.broken = true;
                self.run.reader_left()
            }
            other => Ok(other?),
        }
    }

    /// Prints what was held back, and who failed. The processes of a command end here, if they
    /// have not.
    pub fn finish(self, look: &Look) -> Result<Shown, Error> {
        let Show { run: _over, labels, sink, summary, broken } = self;
        match sink.finish() {
            Ok(mut outlet) => {
                let text = summary.text(&labels, &launch::fold);
                if look.report && *look.mode != Mode::Json && !broken && !text.is_empty() {
                    outlet.say(2, &text)?;
                }
                outlet.flush()?;
            }
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Shown { summary, broken })
    }
}

/// What was shown to its end.
pub struct Shown {
    pub summary: Summary,
    broken: bool,
}

impl Shown {
    /// The largest status of all processes.
    pub fn code(&self) -> u8 {
        if self.broken { 128 + BROKEN_PIPE } else { self.summary.code() }
    }
}

/// Where the merged output goes: our own stdout, or the local stage behind the braces.
pub fn outlet(look: &Look, after: Option<&mut Child>) -> Result<Outlet, Error> {
    let exact = look.terminal || *look.mode == Mode::Raw;
    let Some(pipe) = after.and_then(|child| child.stdin.take()) else {
        return Ok(Outlet::standard(exact)?);
    };
    let stderr = io::stderr();
    let view = View::suited(stderr.is_terminal());
    let out = Port { writer: Box::new(File::from(OwnedFd::from(pipe))), view: View::Exact };
    Ok(Outlet::new(out, Port { writer: Box::new(stderr), view }, false))
}

fn sink(look: &Look, labels: &Arc<Labels>, outlet: Outlet) -> Box<dyn Sink> {
    let labels = labels.clone();
    match look.mode {
        _ if look.terminal => Box::new(Raw::new(labels, outlet)),
        Mode::Merge => {
            let suited = labels.size() > 1 && io::stdout().is_terminal() && !look.piped;
            let labelled = match look.labels {
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
