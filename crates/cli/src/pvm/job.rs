//! Jobs: spawned tasks whose output somebody wants, and all that these spawn. Two threads follow
//! each; lines come between those of the console, as PVM's do. Called by `spawn` and `session`.

use super::descend::Descendants;
use super::lines::Lines;
use crate::error::Error;
use crate::output::visible;
use crate::tell;
use posse::message::{Engine, Process, Received, Want};
use posse::pvm::{Heard, SCOPE, Tid};
use posse::{Attached, RunEvent};
use rustyline::ExternalPrinter;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
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

    /// Follows a job to its end. `process` is the console, to which its tasks tell what those
    /// print that they spawn.
    pub fn start(
        &self,
        number: u32,
        job: Job,
        sink: Sink,
        attached: Attached,
        process: Process,
    ) -> Result<(), Error> {
        let shared = self.shared.clone();
        lock(&shared.running).insert(number, job.clone());
        let out = Arc::new(Mutex::new(Out { number, sink, shared: shared.clone() }));
        let (lines, over) = (Lines::default(), Arc::new(AtomicBool::new(false)));
        let mut follower = Follower { job, out, lines, process, over };
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        let descendants = named("posse-descend").spawn(follower.descendants())?;
        named("posse-job").spawn(move || {
            follower.follow(attached);
            let _it_does_not_panic = descendants.join();
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

/// Follows the tasks of a job by the command that they are.
struct Follower {
    job: Job,
    out: Arc<Mutex<Out>>,
    lines: Lines,
    process: Process,
    /// All of them are over.
    over: Arc<AtomicBool>,
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
                    let out = lock(&self.out);
                    out.shared.say(&format!("[{}] {error}", out.number));
                    break;
                }
            }
        }
        self.over.store(true, Ordering::Release);
        self.process.wake();
    }

    fn line(&self, rank: u32, text: &[u8]) {
        if let Some(Some(tid)) = self.job.tids.get(rank as usize) {
            lock(&self.out).line(*tid, text);
        }
    }

    /// Hears what those print that the job's tasks have spawned, until they are over too.
    fn descendants(&self) -> impl FnOnce() + Send + use<> {
        let (process, out, over) = (self.process.clone(), self.out.clone(), self.over.clone());
        let roots: Vec<Tid> = self.job.tids.iter().flatten().copied().collect();
        move || {
            let say = |lines: Vec<(Tid, Vec<u8>)>| {
                lines.iter().for_each(|(tid, line)| lock(&out).line(*tid, line));
            };
            let want = Want::any(SCOPE).tagged(i64::from(lock(&out).number));
            let (mut open, mut posted, mut roots_ended) = (Descendants::default(), None, false);
            // An error is the end of the vm, of which the follower tells.
            loop {
                let post = |engine: &mut Engine, _| engine.post(want.clone()).ok();
                let Some(id) = posted.or_else(|| process.with_engine(post).ok().flatten()) else {
                    return;
                };
                posted = Some(id);
                let is_over = !roots_ended || open.is_empty();
                let told = process.wait_engine(None, |engine, _| match engine.take_completed(id) {
                    Some(told) => Some(Some(told)),
                    None => (is_over && over.load(Ordering::Acquire)).then_some(None),
                });
                match told {
                    Ok(Some(Some(told))) => {
                        posted = None;
                        let Ok(Received { envelope, payload }) = told else { continue };
                        let from = Tid::of(envelope.source);
                        if let Some((from, heard)) = from.zip(Heard::read(&payload.into_bytes())) {
                            say(open.hear(from, heard));
                        }
                    }
                    Ok(Some(None)) if !roots_ended => {
                        roots_ended = true;
                        roots.iter().for_each(|root| say(open.end(*root)));
                    }
                    _ => {
                        let _gone = process.with_engine(|engine, _| engine.forget_receive(id));
                        return;
                    }
                }
            }
        }
    }
}
