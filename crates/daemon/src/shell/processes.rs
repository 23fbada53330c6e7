//! The processes that run on this host: from an effect of the state machine to a started process
//! with its pipes, and back to news for the state machine.

use super::core::Shell;
use super::input_pipe::InputPipe;
use super::output_pipe::{OutputPipe, read_output};
use crate::limits::LEFTOVER_GRACE;
use crate::process::{self, Families, Family, Place, Started, Who};
use posse_proto::{Effect, Input};
use posse_wire::msg::{ProcessEntry, Spec};
use posse_wire::{CommandId, Fd, Rank};
use rustix::process::{Pid, Signal};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::spawn_local;

struct Running {
    pid: Pid,
    outputs: BTreeMap<Fd, Rc<OutputPipe>>,
    inputs: BTreeMap<Fd, Rc<InputPipe>>,
    terminal: Option<OwnedFd>,
}

/// A process whose environment is being loaded: what the state machine says of it meanwhile, and
/// how the loading is given up.
#[derive(Default)]
struct Early {
    effects: Vec<Effect>,
    given_up: Rc<Notify>,
}

#[derive(Default)]
pub(crate) struct Processes {
    running: RefCell<BTreeMap<(CommandId, Rank), Running>>,
    pub families: RefCell<Families>,
    early: RefCell<BTreeMap<(CommandId, Rank), Early>>,
}

impl Shell {
    pub(super) fn carry_out_on_process(self: &Rc<Self>, effect: Effect) {
        if self.is_early(&effect) {
            return;
        }
        match effect {
            Effect::Start { command, rank, index, size, process, spec } => {
                self.start(Place { command, rank, size, index, process }, spec);
            }
            Effect::Read { command, rank, fd, upto } => {
                self.with_output(command, rank, fd, |output| output.allow(upto));
            }
            Effect::CloseOutput { command, rank, fd } => {
                self.with_output(command, rank, fd, OutputPipe::close);
            }
            Effect::Write { command, rank, fd, bytes, end } => {
                let running = self.processes.running.borrow();
                let input =
                    running.get(&(command, rank)).and_then(|process| process.inputs.get(&fd));
                if let Some(input) = input.cloned() {
                    drop(running);
                    input.write(self, bytes, end);
                }
            }
            Effect::Signal { command, rank, signal } => {
                if let Some(signal) = Signal::from_named_raw(i32::from(signal)) {
                    let who = Who::Family(Family { command, rank });
                    self.processes.families.borrow().signal(who, signal);
                }
            }
            Effect::Kill { command, rank } => {
                self.end_family(Who::Family(Family { command, rank }), Duration::ZERO);
            }
            Effect::Forget { command, rank } => {
                self.processes.running.borrow_mut().remove(&(command, rank));
            }
            Effect::Resize { command, rank, size } => {
                let running = self.processes.running.borrow();
                let terminal =
                    running.get(&(command, rank)).and_then(|process| process.terminal.as_ref());
                if let Some(terminal) = terminal {
                    let _the_process_may_be_over = process::resize(terminal, size);
                }
            }
            _ => {}
        }
    }

    fn with_output(&self, command: CommandId, rank: Rank, fd: Fd, act: impl FnOnce(&OutputPipe)) {
        let running = self.processes.running.borrow();
        if let Some(output) =
            running.get(&(command, rank)).and_then(|process| process.outputs.get(&fd))
        {
            act(output);
        }
    }

    /// A command that wants an environment loaded starts once that is there; what the state
    /// machine says of it meanwhile waits too, but for its end.
    fn start(self: &Rc<Self>, place: Place, spec: Rc<Spec>) {
        let texts = self.context.loads_of(&spec);
        if texts.is_empty() {
            return self.start_now(place, &spec);
        }
        let shell = self.clone();
        let key = (place.command, place.rank);
        let early = Early::default();
        let given_up = early.given_up.clone();
        self.processes.early.borrow_mut().insert(key, early);
        spawn_local(async move {
            let loaded = tokio::select! {
                loaded = shell.context.load(&texts) => Some(loaded),
                () = given_up.notified() => None,
            };
            let early = shell.processes.early.borrow_mut().remove(&key).unwrap_or_default();
            if early.effects.iter().any(|effect| matches!(effect, Effect::Forget { .. })) {
                return;
            }
            match loaded {
                Some(Ok(())) => shell.start_now(place, &spec),
                Some(Err(error)) => shell.not_started(place, error.to_string()),
                None => return shell.not_started(place, "ended before it was started".to_owned()),
            }
            early.effects.into_iter().for_each(|effect| shell.carry_out_on_process(effect));
            shell.flush_links();
        });
    }

    /// Whether the effect is for a process whose environment is being loaded; it is then kept.
    fn is_early(&self, effect: &Effect) -> bool {
        let key = match effect {
            Effect::Read { command, rank, .. }
            | Effect::CloseOutput { command, rank, .. }
            | Effect::Write { command, rank, .. }
            | Effect::Signal { command, rank, .. }
            | Effect::Kill { command, rank }
            | Effect::Forget { command, rank }
            | Effect::Resize { command, rank, .. } => (*command, *rank),
            _ => return false,
        };
        let mut early = self.processes.early.borrow_mut();
        let Some(early) = early.get_mut(&key) else { return false };
        if let Effect::Kill { .. } | Effect::Forget { .. } = effect {
            early.given_up.notify_one();
        }
        early.effects.push(effect.clone());
        true
    }

    fn not_started(self: &Rc<Self>, place: Place, why: String) {
        let (command, rank) = (place.command, place.rank);
        self.feed(Input::NotStarted { command, rank, why });
    }

    fn start_now(self: &Rc<Self>, place: Place, spec: &Spec) {
        match process::start(&self.context, spec, &place) {
            Err(error) => self.not_started(place, error.to_string()),
            Ok(started) => {
                let family = Family { command: place.command, rank: place.rank };
                self.processes.families.borrow_mut().add(started.pid, family);
                if let Err(error) = self.adopt(place, started) {
                    crate::log::line(&format!("a process could not be followed: {error}"));
                    self.end_family(Who::Family(family), Duration::ZERO);
                }
            }
        }
    }

    /// Puts a started process and its pipes under our eyes.
    fn adopt(self: &Rc<Self>, place: Place, started: Started) -> std::io::Result<()> {
        let (command, rank) = (place.command, place.rank);
        let mut running = Running {
            pid: started.pid,
            outputs: BTreeMap::new(),
            inputs: BTreeMap::new(),
            terminal: None,
        };
        for end in started.ends {
            let fd = Fd(end.fd);
            if end.input {
                let input = InputPipe::new((command, rank, fd), end.pipe, false)?;
                running.inputs.insert(fd, Rc::new(input));
            } else {
                let output = OutputPipe::new(command, rank, fd, end.pipe)?;
                running.outputs.insert(fd, Rc::new(output));
            }
        }
        if let Some(terminal) = started.terminal {
            let (read, write) = (terminal.try_clone()?, terminal.try_clone()?);
            let output = OutputPipe::new(command, rank, Fd::STDOUT, read)?;
            running.outputs.insert(Fd::STDOUT, Rc::new(output));
            let input = InputPipe::new((command, rank, Fd::STDIN), write, true)?;
            running.inputs.insert(Fd::STDIN, Rc::new(input));
            running.terminal = Some(terminal);
        }
        for output in running.outputs.values() {
            spawn_local(read_output(self.clone(), output.clone()));
        }
        self.processes.running.borrow_mut().insert((command, rank), running);
        Ok(())
    }

    /// A main process was reaped: first what it still said, then its end.
    pub(super) fn main_process_over(self: &Rc<Self>, family: Family, how: process::How) {
        let Family { command, rank } = family;
        let outputs: Vec<Rc<OutputPipe>> = {
            let mut running = self.processes.running.borrow_mut();
            let Some(process) = running.get_mut(&(command, rank)) else { return };
            process.terminal = None;
            process.inputs.values().for_each(|input| input.close());
            process.outputs.values().cloned().collect()
        };
        outputs.iter().for_each(|output| output.drain(self));
        self.feed(Input::Exited { command, rank, status: how.into() });
    }

    /// Ends a family in the background; what is reaped meanwhile comes through `children`.
    pub(crate) fn end_family(self: &Rc<Self>, who: Who, grace: Duration) {
        let shell = self.clone();
        spawn_local(async move {
            let families = &shell.processes.families;
            let left = process::end(families, who, Signal::TERM, grace).await;
            if left > 0 {
                crate::log::line(&format!("{left} processes of {who:?} could not be ended"));
            }
        });
    }

    pub(super) fn end_leftovers(self: &Rc<Self>) {
        let leftovers = self.processes.families.borrow_mut().leftovers();
        for who in leftovers {
            self.end_family(who, LEFTOVER_GRACE);
        }
    }

    /// Everything of the vm on this host, before the daemon ends.
    pub async fn end_all_work(&self) {
        process::end(&self.processes.families, Who::Work, Signal::TERM, LEFTOVER_GRACE).await;
    }

    pub(super) fn process_entries(&self) -> Vec<ProcessEntry> {
        let pids = self.processes.running.borrow();
        self.with_daemon(|daemon| {
            daemon
                .processes()
                .map(|(command, rank, process, spec)| ProcessEntry {
                    command,
                    rank,
                    pid: pids
                        .get(&(command, rank))
                        .map_or(0, |process| process.pid.as_raw_nonzero().get().cast_unsigned()),
                    elapsed_us: process.elapsed_us(self.now()),
                    title: spec.title.clone(),
                })
                .collect()
        })
    }

    pub(super) fn process_ages(&self) -> Vec<Duration> {
        let now = self.now();
        self.with_daemon(|daemon| {
            let ages = daemon.processes().map(|(_, _, process, _)| process.elapsed_us(now));
            ages.map(Duration::from_micros).collect()
        })
    }

    /// A launcher or another daemon of this computer: not a process of any command.
    pub fn spare(&self, pid: Pid) {
        self.processes.families.borrow_mut().spare(pid);
    }
}
