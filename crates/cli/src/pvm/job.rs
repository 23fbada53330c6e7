//! Jobs: spawned tasks whose output somebody wants, and all that these spawn. A thread follows each
//! spawn, and one hears of new ones; lines come between those of the console, as PVM's do. Called
//! by `spawn` and `session`.

use super::lines::Lines;
use crate::error::Error;
use crate::output::visible;
use crate::tell;
use posse::message::{Engine, Process, Want};
use posse::pvm::{Heard, SCOPE, Tid};
use posse::{Attached, CommandId, HostId, RunEvent, Vm};
use rustyline::ExternalPrinter;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
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

    /// The number that the next job will have: by it the console is told of its output.
    pub fn upcoming(&self) -> u32 {
        self.last + 1
    }

    pub fn next_number(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// Follows a job to its end: its tasks, and those of which they tell the console, which is
    /// `process`, that they spawned them.
    pub fn start(
        &self,
        number: u32,
        job: Job,
        sink: Sink,
        attached: Attached,
        (vm, process): (Vm, Process),
    ) -> Result<(), Error> {
        let shared = self.shared.clone();
        lock(&shared.running).insert(number, job.clone());
        let out = Arc::new(Mutex::new(Out { number, sink, shared: shared.clone() }));
        let followed = Arc::new(AtomicUsize::new(0));
        let all = Descendants { vm, process, number, out, followed };
        all.follow(job.tids, attached)?;
        thread::Builder::new().name("posse-descend".to_owned()).spawn(move || {
            all.hear();
            shared.say(&format!("[{number}] finished"));
            lock(&shared.running).remove(&number);
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

/// Where the lines of a job go.
struct Out {
    number: u32,
    sink: Sink,
    shared: Arc<Shared>,
}

impl Out {
    fn line(&mut self, tid: Tid, text: &[u8]) {
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

/// Follows the tasks of one command.
struct Follower {
    /// By rank; `None` where a task was not started.
    tids: Vec<Option<Tid>>,
    out: Arc<Mutex<Out>>,
    lines: Lines,
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
                Ok(None) => return,
                Err(error) => {
                    let out = lock(&self.out);
                    return out.shared.say(&format!("[{}] {error}", out.number));
                }
            }
        }
    }

    fn line(&self, rank: u32, text: &[u8]) {
        if let Some(Some(tid)) = self.tids.get(rank as usize) {
            lock(&self.out).line(*tid, text);
        }
    }
}

/// The commands of a job: its own, and those that its tasks started by `pvm_spawn`.
struct Descendants {
    vm: Vm,
    /// The console, to which tasks tell what they spawn, with the job's number as the tag.
    process: Process,
    number: u32,
    out: Arc<Mutex<Out>>,
    /// Commands that are not over.
    followed: Arc<AtomicUsize>,
}

impl Descendants {
    fn follow(&self, tids: Vec<Option<Tid>>, attached: Attached) -> Result<(), Error> {
        let mut follower = Follower { tids, out: self.out.clone(), lines: Lines::default() };
        let (process, followed) = (self.process.clone(), self.followed.clone());
        followed.fetch_add(1, Ordering::AcqRel);
        let named = thread::Builder::new().name("posse-job".to_owned());
        let started = named.spawn(move || {
            follower.follow(attached);
            followed.fetch_sub(1, Ordering::AcqRel);
            process.wake();
        });
        if started.is_err() {
            self.followed.fetch_sub(1, Ordering::AcqRel);
        }
        Ok(started.map(drop)?)
    }

    /// Until all are over. A task has told of what it spawned before it ends.
    fn hear(&self) {
        let want = Want::any(SCOPE).tagged(i64::from(self.number));
        let mut known = BTreeSet::new();
        loop {
            let post = |engine: &mut Engine, _| engine.post(want.clone()).ok();
            let Some(id) = self.process.with_engine(post).ok().flatten() else { return };
            let told = self.process.wait_engine(None, |engine, _| {
                let told = engine.take_completed(id);
                let is_over = told.is_none() && self.followed.load(Ordering::Acquire) == 0;
                if is_over { Some(None) } else { told.map(Some) }
            });
            // An error is the end of the vm, of which followers tell.
            let Ok(Some(Some(told))) = told else {
                let _gone = self.process.with_engine(|engine, _| engine.forget_receive(id));
                return;
            };
            let heard = told.ok().and_then(|told| Heard::read(&told.payload));
            if let Some(Heard::Began(_, Some(command))) = heard
                && known.insert(command)
                && let Err(error) = self.adopt(command)
            {
                let out = lock(&self.out);
                out.shared.say(&format!("[{}] {error}", self.number));
            }
        }
    }

    fn adopt(&self, command: CommandId) -> Result<(), Error> {
        let hosts = self.vm.refresh_hosts()?;
        let up: Vec<HostId> =
            hosts.iter().filter(|host| host.is_up()).map(|host| host.number).collect();
        let mut tids = Vec::new();
        for entry in self.vm.enrolled(&up, Some(command))? {
            let Some((_, rank)) = entry.family else { continue };
            let at = rank.0 as usize;
            tids.resize(tids.len().max(at + 1), None);
            tids[at] = Tid::of(entry.process);
        }
        self.follow(tids, self.vm.attach(command, true)?)
    }
}
