//! One attempt on this host: started as a process of the vm, followed to its end, ended where its
//! holder or its time limit says so.

use super::environment;
use super::files::Scratch;
use super::stream::Stream;
use super::usage;
use crate::process::{self, Family, How, Place, StartError, Started, Who};
use crate::shell::Shell;
use posse_farm::letter::Output;
use posse_farm::words::{Ending, Usage};
use posse_farm::worker::{Blocked, Exit, Key, Signal, Start};
use posse_wire::{CommandId, HostId, Rank};
use rustix::process::{Pid, Signal as Number};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;

/// Attempts are marked as commands are, and are of no host that there is.
const ORIGIN: HostId = HostId(u32::MAX);

pub(super) struct Attempt {
    key: Key,
    pid: Pid,
    began: Instant,
    started_ms: u64,
    streams: Vec<(u16, Rc<Stream>, JoinHandle<()>)>,
    usage: Usage,
    /// Where its task has inputs or outputs.
    scratch: Option<Scratch>,
}

fn family(command: CommandId) -> Family {
    Family { command, rank: Rank(0) }
}

impl Shell {
    pub(super) fn start_attempt(self: &Rc<Self>, start: Start) {
        if start.spec.inputs.is_empty() && start.spec.outputs.is_empty() {
            return self.start_attempt_in(&start, None);
        }
        self.start_with_files(start);
    }

    /// What it needs is here.
    pub(super) fn start_attempt_in(self: &Rc<Self>, start: &Start, scratch: Option<Scratch>) {
        let (key, has_files) = (start.key, scratch.is_some());
        let blocked = match self.try_start(start, scratch) {
            Ok(()) if has_files => {
                self.work_on(|work, now| work.worker.process_begins(now, key));
                return;
            }
            Ok(()) => return,
            Err(blocked) => blocked,
        };
        self.work_on(|work, now| work.worker.not_started(now, key, blocked));
    }

    fn try_start(self: &Rc<Self>, start: &Start, scratch: Option<Scratch>) -> Result<(), Blocked> {
        let task = &start.spec;
        let vm = self.with_daemon(|daemon| daemon.vm_name().to_owned());
        let spec = environment::spec_of(start, &vm);
        let files =
            environment::files(&self.context, &self.directory, task).map_err(Blocked::Never)?;
        let command = self.next_attempt();
        let place = Place { command, rank: Rank(0), size: 1, index: 0, process: None };
        let started = process::start_with(&self.context, &spec, &place, files).map_err(blocked)?;
        self.processes.families.borrow_mut().add(started.pid, family(command));
        self.attempt_runs(start.key, command, started, scratch);
        Ok(())
    }

    fn next_attempt(&self) -> CommandId {
        let mut work = self.farm.work.borrow_mut();
        let number = work.as_mut().map_or(0, |work| {
            work.started = work.started.wrapping_add(1);
            work.started
        });
        CommandId::new(ORIGIN, number)
    }

    fn attempt_runs(
        self: &Rc<Self>,
        key: Key,
        command: CommandId,
        started: Started,
        scratch: Option<Scratch>,
    ) {
        let mut streams = Vec::new();
        for end in started.ends {
            match Stream::begin(end.pipe, end.fd == 1) {
                Ok((stream, reader)) => streams.push((end.fd, stream, reader)),
                Err(error) => crate::log::line(&format!("output of a task is lost: {error}")),
            }
        }
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let attempt = Attempt {
            key,
            pid: started.pid,
            began: Instant::now(),
            started_ms: u64::try_from(wall.as_millis()).unwrap_or(0),
            streams,
            usage: Usage::default(),
            scratch,
        };
        if let Some(work) = self.farm.work.borrow_mut().as_mut() {
            work.by_key.insert(key, command);
            work.attempts.insert(command, attempt);
        }
    }

    /// Children have ended and are not reaped yet.
    pub(crate) fn look_at_attempts(&self) {
        let mut work = self.farm.work.borrow_mut();
        let attempts = work.iter_mut().flat_map(|work| work.attempts.values_mut());
        for attempt in attempts {
            if let Some(usage) = usage::of_dead(attempt.pid) {
                attempt.usage = usage;
            }
        }
    }

    /// The main process of a family was reaped. False: it is no attempt's.
    pub(crate) fn attempt_over(self: &Rc<Self>, family: Family, how: How) -> bool {
        if family.command.origin() != ORIGIN {
            return false;
        }
        let left = self.work_on(|work, now| {
            let mut attempt = work.attempts.remove(&family.command)?;
            work.by_key.remove(&attempt.key);
            let scratch = attempt.scratch.take();
            let (key, exit, output) = attempt.finish(how);
            work.kept.put(key, output);
            let has_outputs = |scratch: &Scratch| !scratch.outputs.is_empty();
            match scratch.filter(|scratch| exit.ending.is_success() && has_outputs(scratch)) {
                Some(scratch) => {
                    work.worker.process_ends(key);
                    Some((key, exit, scratch))
                }
                None => {
                    work.worker.exited(now, key, exit);
                    None
                }
            }
        });
        if let Some((key, exit, scratch)) = left.flatten() {
            self.exit_with_files(key, exit, scratch);
        }
        true
    }

    pub(super) fn signal_attempt(self: &Rc<Self>, key: Key, signal: Signal) {
        let command = self.farm.work.borrow().as_ref().and_then(|w| w.by_key.get(&key).copied());
        let Some(command) = command else {
            if matches!(signal, Signal::Kill | Signal::Terminate) {
                self.stop_moving(key);
            }
            return;
        };
        let who = Who::Family(family(command));
        let numbers = match signal {
            Signal::Kill => return self.end_family(who, Duration::ZERO),
            // A stopped process hears nothing else.
            Signal::Terminate => vec![Number::TERM, Number::CONT],
            Signal::Stop => vec![Number::STOP],
            Signal::Continue => vec![Number::CONT],
            Signal::Checkpoint(number) => {
                Number::from_named_raw(i32::from(number)).into_iter().collect()
            }
        };
        for number in numbers {
            self.processes.families.borrow().signal(who, number);
        }
    }
}

impl Attempt {
    fn finish(self, how: How) -> (Key, Exit, Output) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let (mut dropped, mut values) = (0, Vec::new());
        for (fd, stream, reader) in self.streams {
            let (bytes, beyond, printed) = stream.finish();
            reader.abort();
            dropped += beyond;
            if fd == 1 {
                (stdout, values) = (bytes, printed);
            } else {
                stderr = bytes;
            }
        }
        let ending = match how {
            How::Exited(status) => Ending::Exited(status),
            How::Signaled(signal) => Ending::Signalled(signal),
        };
        let (started_ms, ran, usage) = (self.started_ms, self.began.elapsed(), self.usage);
        let exit = Exit { ending, started_ms, ran, usage, values };
        (self.key, exit, Output { lease: self.key.1, stdout, stderr, dropped })
    }
}

fn blocked(error: StartError) -> Blocked {
    if error.is_short { Blocked::Short } else { Blocked::Never(error.why) }
}
