//! One command on many hosts, on so many at once as a face allows: where one is done, the next
//! starts. Lines have the labels of the face; what is said of exits is the face's part. Called by
//! the faces.

use super::limits::{COMMANDS_TOGETHER, LOOK_EVERY, NEWS_MAX, TOGETHER};
use super::ready::Ready;
use crate::error::Error;
use crate::output::{Label, Labels, Merge, Outlet, Sink};
use crate::run::input;
use crate::run::show::BROKEN_PIPE;
use crate::run::signals::Passed;
use posse::{Command, HostId, RunEvent, Running, Status, Vm};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// What runs, and how it is shown.
#[derive(Debug, Clone)]
pub struct Job {
    pub line: String,
    /// Labels before the lines.
    pub labelled: bool,
    /// Our stdin to those that start first; the others read an empty one.
    pub stdin: bool,
    pub timeout: Option<Duration>,
    /// Hosts at a time.
    pub most: usize,
}

/// What a face says of its hosts, by their places on the command line.
pub trait Face {
    fn failed(&mut self, at: usize, why: &str);
    fn starts(&mut self, at: usize);
    /// After its output.
    fn ended(&mut self, at: usize, status: &Status);
}

/// Runs it on the hosts as they become ready; `labels` are those of all. The result is a status
/// where a signal or a closed pipe asked for the end of everything.
pub fn run(
    vm: &Vm,
    job: &Job,
    labels: &[&str],
    ready: &mut Ready<'_>,
    face: &mut dyn Face,
) -> Result<Option<u8>, Error> {
    let mut window = Window::new(vm, job, labels)?;
    let mut all_started = false;
    loop {
        let free = window.free();
        if !all_started && free > 0 && window.asked().is_none() {
            // Who runs already is looked after, also while others are coming up.
            let wait = if window.is_idle() { TOGETHER } else { Duration::ZERO };
            let next = ready.next(free, wait)?;
            for (at, why) in ready.take_failed() {
                face.failed(at, &why);
            }
            next.iter().for_each(|(at, _)| face.starts(*at));
            window.start(&next)?;
            all_started = next.is_empty() && ready.is_over();
        }
        if window.is_idle() && (all_started || window.asked().is_some()) {
            return window.finish();
        }
        let waits = !all_started && window.free() > 0;
        window.step(waits.then_some(LOOK_EVERY), face)?;
    }
}

/// Of one of the commands, by its key.
enum News {
    /// Of the host at this place.
    Event(usize, RunEvent),
    Over(usize, Result<(), posse::Error>),
}

struct Window<'v> {
    vm: &'v Vm,
    job: &'v Job,
    sink: Merge,
    signals: Passed,
    /// Processes that run, commands that they belong to, and commands so far.
    running: usize,
    commands: usize,
    started: usize,
    /// Whoever read our output has gone.
    broken: bool,
    tell: SyncSender<News>,
    news: Receiver<News>,
}

impl<'v> Window<'v> {
    fn new(vm: &'v Vm, job: &'v Job, labels: &[&str]) -> Result<Window<'v>, Error> {
        let form = if job.labelled { Label::Plain } else { Label::None };
        let outlet = Outlet::standard(false)?;
        let (tell, news) = sync_channel(NEWS_MAX);
        Ok(Window {
            vm,
            job,
            sink: Merge::new(Arc::new(Labels::new(labels)), outlet, form),
            signals: Passed::to_several()?,
            running: 0,
            commands: 0,
            started: 0,
            broken: false,
            tell,
            news,
        })
    }

    fn free(&self) -> usize {
        match self.commands < COMMANDS_TOGETHER {
            true => self.job.most.saturating_sub(self.running),
            false => 0,
        }
    }

    fn is_idle(&self) -> bool {
        self.commands == 0
    }

    fn asked(&self) -> Option<u8> {
        self.signals.code().or_else(|| self.broken.then_some(128 + BROKEN_PIPE))
    }

    fn start(&mut self, hosts: &[(usize, HostId)]) -> Result<(), Error> {
        if hosts.is_empty() {
            return Ok(());
        }
        let numbers: Vec<HostId> = hosts.iter().map(|(_, number)| *number).collect();
        let mut command = Command::shell(self.job.line.clone()).hosts(numbers);
        if self.job.stdin {
            command = command.stdin();
        }
        if let Some(timeout) = self.job.timeout {
            command = command.timeout(timeout);
        }
        let run = self.vm.run(&command)?;
        let key = self.started;
        self.signals.add(key, run.controller());
        match (self.job.stdin, key) {
            (true, 0) => input::copy(&run, io::stdin())?,
            (true, _) => input::copy(&run, io::empty())?,
            (false, _) => {}
        }
        let places = hosts.iter().map(|(at, _)| *at).collect();
        let tell = self.tell.clone();
        let follow = move || follow(run, key, places, &tell);
        thread::Builder::new().name("posse-window".to_owned()).spawn(follow)?;
        self.started += 1;
        self.commands += 1;
        self.running += hosts.len();
        Ok(())
    }

    /// Waits for one piece of news, and shows it.
    fn step(&mut self, within: Option<Duration>, face: &mut dyn Face) -> Result<(), Error> {
        let news = match within {
            Some(within) => match self.news.recv_timeout(within) {
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                news => news.ok(),
            },
            None => self.news.recv().ok(),
        };
        let shown = match news {
            // We hold a sender ourselves.
            None => Ok(()),
            Some(News::Over(key, result)) => {
                self.commands -= 1;
                self.signals.remove(key);
                result?;
                Ok(())
            }
            Some(News::Event(at, RunEvent::Exit { status, elapsed, .. })) => {
                self.running -= 1;
                let shown = match self.broken {
                    true => Ok(()),
                    false => self.sink.exit(at as u32, &status, elapsed),
                };
                face.ended(at, &status);
                shown
            }
            Some(News::Event(at, RunEvent::Output { fd, bytes, end, .. })) if !self.broken => {
                self.sink.output(at as u32, fd.0, &bytes, end)
            }
            Some(News::Event(..)) => Ok(()),
        };
        match shown {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.broken = true;
                Ok(self.signals.end_all(BROKEN_PIPE)?)
            }
            other => Ok(other?),
        }
    }

    fn finish(self) -> Result<Option<u8>, Error> {
        let asked = self.asked();
        match Box::new(self.sink).finish() {
            Err(error) if !self.broken && error.kind() != io::ErrorKind::BrokenPipe => {
                Err(error.into())
            }
            _ => Ok(asked),
        }
    }
}

/// One command to its end. The channel is bounded, so that what a face can not print is not read
/// from the hosts.
fn follow(mut run: Running, key: usize, places: Vec<usize>, tell: &SyncSender<News>) {
    let result = loop {
        let event = match run.next_event(None) {
            Ok(Some(event)) => event,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        let rank = match &event {
            RunEvent::Output { rank, .. }
            | RunEvent::Exit { rank, .. }
            | RunEvent::CutOff { rank } => rank.0 as usize,
        };
        let Some(at) = places.get(rank) else { continue };
        if tell.send(News::Event(*at, event)).is_err() {
            return;
        }
    };
    let _nobody_waits_any_more = tell.send(News::Over(key, result));
}
