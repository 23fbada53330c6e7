//! Jobs: spawned tasks whose output somebody wants. A thread follows each; its lines come between
//! those of the console, as PVM's do. Called by `spawn` and `session`.

use super::lines::Lines;
use super::tid::Tid;
use crate::error::Error;
use crate::output::visible;
use crate::tell;
use posse::{Attached, RunEvent};
use rustyline::ExternalPrinter;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Where the output of a job goes.
pub enum Sink {
    Console,
    File(File),
}

#[derive(Clone)]
pub struct Job {
    pub title: String,
    /// By rank; `None` where a task was not started.
    pub tids: Vec<Option<Tid>>,
}

type Printer = Box<dyn ExternalPrinter + Send>;

#[derive(Default)]
struct Shared {
    running: Mutex<BTreeMap<u32, Job>>,
    /// Writes above the line that is being typed; none where stdin is no terminal.
    printer: Mutex<Option<Printer>>,
}

#[derive(Default)]
pub struct Jobs {
    shared: Arc<Shared>,
    last: u32,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn say(&self, text: &str) {
        let mut printer = lock(&self.printer);
        match printer.as_mut() {
            Some(printer) => {
                let _no_terminal_any_more = printer.print(format!("{text}\n"));
            }
            None => tell::say(text),
        }
    }
}

impl Jobs {
    pub fn print_with(&self, printer: impl ExternalPrinter + Send + 'static) {
        *lock(&self.shared.printer) = Some(Box::new(printer));
    }

    pub fn next_number(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// Follows a job to its end.
    pub fn start(
        &self,
        number: u32,
        job: Job,
        sink: Sink,
        attached: Attached,
    ) -> Result<(), Error> {
        lock(&self.shared.running).insert(number, job.clone());
        let mut follower =
            Follower { number, job, sink, lines: Lines::default(), shared: self.shared.clone() };
        thread::Builder::new().name("posse-job".to_owned()).spawn(move || {
            follower.follow(attached);
            lock(&follower.shared.running).remove(&number);
        })?;
        Ok(())
    }

    /// `jobs`: numbers and tids, with `-l` also what was spawned.
    pub fn list(&self, long: bool) {
        for (number, job) in lock(&self.shared.running).iter() {
            let tids: String = job.tids.iter().flatten().map(|tid| format!(" {tid}")).collect();
            let title = if long { format!("  {}", job.title) } else { String::new() };
            tell::say(&visible(format!("{number:>2}:{tids}{title}").as_bytes()));
        }
    }
}

struct Follower {
    number: u32,
    job: Job,
    sink: Sink,
    lines: Lines,
    shared: Arc<Shared>,
}

impl Follower {
    fn follow(&mut self, mut attached: Attached) {
        loop {
            match attached.next_event(None) {
                Ok(Some(RunEvent::Output { rank, fd, bytes, .. })) => {
                    for line in self.lines.add((rank.0, fd.0), &bytes) {
                        self.line(rank.0, &line);
                    }
                }
                Ok(Some(RunEvent::Exit { rank, .. })) => {
                    for line in self.lines.rest(rank.0) {
                        self.line(rank.0, &line);
                    }
                    self.line(rank.0, b"EOF");
                }
                Ok(Some(RunEvent::CutOff { .. })) => {}
                Ok(None) => break,
                Err(error) => {
                    self.shared.say(&format!("[{}] {error}", self.number));
                    break;
                }
            }
        }
        self.shared.say(&format!("[{}] finished", self.number));
    }

    fn line(&mut self, rank: u32, text: &[u8]) {
        let Some(Some(tid)) = self.job.tids.get(rank as usize) else { return };
        let front = format!("[{}:{tid}] ", self.number);
        match &mut self.sink {
            Sink::Console => self.shared.say(&format!("{front}{}", visible(text))),
            Sink::File(file) => {
                let line = [front.as_bytes(), text, b"\n"].concat();
                if let Err(error) = file.write_all(&line) {
                    self.shared.say(&format!("[{}] cannot be written: {error}", self.number));
                }
            }
        }
    }
}
