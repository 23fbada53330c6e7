//! The part of a virtual host's shell that stands between daemon and processes: pipes, signals,
//! reaping. The keeping of detached output: `keep.rs`.

use super::process::{Act, Key, Process};
use super::{Event, World};
use crate::check::truth::ProcessTruth;
use crate::check::{ends, reaped, stdin, window};
use crate::plan::MS;
use crate::trace::{self, Place};
use bytes::Bytes;
use posse_proto::{Effect, Input};
use posse_wire::msg::Status;
use posse_wire::{Fd, limits};

const SIGKILL: u8 = 9;

impl World {
    /// Carries out what the daemon wants done with a process or with kept output.
    pub fn shell(&mut self, host: usize, effect: Effect) {
        match effect {
            Effect::Start { command, rank, spec, .. } => self.start(host, (command, rank), &spec),
            Effect::Read { command, rank, fd, upto } => {
                let process = self.hosts[host].procs.get_mut(&(command, rank));
                if let Some(out) = process.and_then(|process| process.outs.get_mut(&fd)) {
                    out.upto = out.upto.max(upto);
                    self.wake_shell(host, (command, rank), fd);
                }
            }
            Effect::Write { command, rank, fd, bytes, end } => {
                self.write(host, (command, rank), fd, &bytes, end);
            }
            Effect::CloseOutput { command, rank, fd } => {
                let process = self.hosts[host].procs.get_mut(&(command, rank));
                if let Some(out) = process.and_then(|process| process.outs.get_mut(&fd)) {
                    out.reader_gone = true;
                    out.end_told = true;
                    self.wake(host, (command, rank));
                }
            }
            Effect::Signal { command, rank, signal } => {
                self.strike(host, (command, rank), signal);
                self.will_be_over(host, (command, rank));
            }
            Effect::Kill { command, rank } => self.strike(host, (command, rank), SIGKILL),
            Effect::Forget { command, rank } => {
                let held = reaped::forgotten(self.truth.process(command, rank));
                self.must("reaped", held, || about((command, rank)));
                self.hosts[host].procs.remove(&(command, rank));
            }
            Effect::Keep { command, frame } => self.keep(host, command, frame),
            Effect::Replay { link, command, follow } => self.replay(host, link, command, follow),
            Effect::Stuck { command } => self.followers_done(host, command),
            Effect::Unkeep { command } => self.unkeep(host, command),
            Effect::Fetch { command, from, bytes_max } => {
                self.fetch(host, command, from, bytes_max);
            }
            _ => {}
        }
    }

    fn start(&mut self, host: usize, key: Key, spec: &posse_wire::msg::Spec) {
        let drawn = Process::draw(key, spec, &mut self.chance);
        let process = if self.plan.calm { drawn.plain() } else { drawn };
        let daemon = self.hosts[host].daemon.as_ref();
        let incarnation = daemon.map(posse_proto::Daemon::incarnation).unwrap_or_default();
        let life = self.hosts[host].life;
        let truth = ProcessTruth { host, life, incarnation, ..ProcessTruth::default() };
        if let Some(command) = self.truth.commands.get_mut(&key.0) {
            let before = command.ranks.insert(key.1, truth);
            let held = before.map_or(Ok(()), |_| Err("started twice".to_owned()));
            self.must("exits", held, || about(key));
        }
        self.say(Place::Host(host), || format!("start {}", about(key)));
        self.hosts[host].procs.insert(key, process);
        if !self.plan.calm && self.chance.percent(3) {
            self.never_runs(host, key);
            return self.process_soon(host, key, Act::NotStarted, 5 * MS);
        }
        self.wake(host, key);
    }

    fn never_runs(&mut self, host: usize, key: Key) {
        let status = Status::NotStarted { why: "not found".into() };
        if let Some(process) = self.hosts[host].procs.get_mut(&key) {
            process.status = Some(status.clone());
            process.reaped = true;
            process.outs.values_mut().for_each(|out| out.end_told = true);
        }
        self.tell_truth(key, status);
    }

    fn process_soon(&mut self, host: usize, key: Key, act: Act, most_us: u64) {
        let after = self.chance.below(most_us);
        let life = self.hosts[host].life;
        self.after(after, Event::Process { host, life, key, act });
    }

    fn wake(&mut self, host: usize, key: Key) {
        let Some(process) = self.hosts[host].procs.get_mut(&key) else { return };
        if !std::mem::replace(&mut process.awake, true) {
            let pace = process.pace;
            self.process_soon(host, key, Act::Step, pace);
        }
    }

    fn wake_shell(&mut self, host: usize, key: Key, fd: Fd) {
        let Some(process) = self.hosts[host].procs.get_mut(&key) else { return };
        let Some(out) = process.outs.get_mut(&fd) else { return };
        if !out.end_told && !std::mem::replace(&mut out.shell_awake, true) {
            self.process_soon(host, key, Act::Read(fd), MS);
        }
    }

    pub fn process_acts(&mut self, host: usize, key: Key, act: Act) {
        match act {
            Act::Step => self.step(host, key),
            Act::Read(fd) => self.read(host, key, fd),
            Act::NotStarted => {
                let (command, rank) = key;
                let why = "not found".to_owned();
                self.feed(host, Input::NotStarted { command, rank, why });
            }
            Act::Reaped => {
                let Some(process) = self.hosts[host].procs.get_mut(&key) else { return };
                process.reaped = true;
                let Some(status) = process.status.clone() else { return };
                self.say(Place::Host(host), || format!("reap {}: {status:?}", about(key)));
                let (command, rank) = key;
                self.feed(host, Input::Exited { command, rank, status });
            }
            Act::MustBeOver => self.must_be_over(host, key),
            Act::DescendantEnds => self.descendant_ends(host, key, false),
        }
    }

    fn step(&mut self, host: usize, key: Key) {
        let Some(process) = self.hosts[host].procs.get_mut(&key) else { return };
        process.awake = false;
        if process.status.is_some() {
            return;
        }
        let moved = process.step(&mut self.chance);
        let over = process.naps == 0 && process.is_through();
        let written: Vec<(Fd, u64)> = process.outs.iter().map(|(fd, o)| (*fd, o.written)).collect();
        if let Some(truth) = self.truth.process(key.0, key.1) {
            truth.written = written.iter().copied().collect();
        }
        for (fd, _) in written {
            self.wake_shell(host, key, fd);
        }
        self.drain_input(host, key);
        if over {
            self.ends(host, key, None);
        } else if moved {
            self.wake(host, key);
        }
    }

    /// The process ends: by itself, or by a signal.
    fn ends(&mut self, host: usize, key: Key, signal: Option<u8>) {
        let Some(process) = self.hosts[host].procs.get_mut(&key) else { return };
        if process.status.is_some() {
            return;
        }
        let status = signal.map_or_else(|| process.own_end(), Status::Signaled);
        process.status = Some(status.clone());
        process.descendant = process.immortal || process.descendant_us.is_some();
        let descendant_us = process.descendant_us.filter(|_| !process.immortal);
        let reads: Vec<(u64, bool)> =
            process.ins.values().map(|i| (i.taken, i.at_end() && i.wants == u64::MAX)).collect();
        self.tell_truth(key, status);
        let total = self.truth.commands.get(&key.0).and_then(|command| command.stdin_total);
        for (taken, at_end) in reads {
            if at_end {
                self.must("stdin", stdin::ended(taken, total), || about(key));
            }
        }
        self.process_soon(host, key, Act::Reaped, 20 * MS);
        if let Some(us) = descendant_us {
            let life = self.hosts[host].life;
            self.after(us, Event::Process { host, life, key, act: Act::DescendantEnds });
        }
        self.wake_all(host, key);
    }

    fn wake_all(&mut self, host: usize, key: Key) {
        let Some(process) = self.hosts[host].procs.get(&key) else { return };
        let fds: Vec<Fd> = process.outs.keys().copied().collect();
        fds.into_iter().for_each(|fd| self.wake_shell(host, key, fd));
    }

    fn descendant_ends(&mut self, host: usize, key: Key, killed: bool) {
        let Some(process) = self.hosts[host].procs.get_mut(&key) else { return };
        if process.descendant && !(killed && process.immortal) {
            process.descendant = false;
            self.wake_all(host, key);
        }
    }

    fn strike(&mut self, host: usize, key: Key, signal: u8) {
        let Some(process) = self.hosts[host].procs.get(&key) else { return };
        if signal == SIGKILL {
            self.ends(host, key, Some(signal));
            self.descendant_ends(host, key, true);
        } else if !process.deaf && process.status.is_none() {
            self.ends(host, key, Some(signal));
        }
    }

    fn must_be_over(&mut self, host: usize, key: Key) {
        let state = &self.hosts[host];
        if state.went_on > 0 && self.now < state.went_on + ends::SLACK_US {
            // It stood still meanwhile: its daemon has not looked at the time yet.
            let life = state.life;
            let again = Event::Process { host, life, key, act: Act::MustBeOver };
            return self.after(ends::SLACK_US, again);
        }
        let runs = state.procs.get(&key).is_some_and(|process| process.status.is_none());
        self.must("ends", ends::over(runs), || about(key));
    }

    fn will_be_over(&mut self, host: usize, key: Key) {
        let grace = self.truth.commands.get(&key.0).map_or(0, |command| command.end_grace_ms);
        let life = self.hosts[host].life;
        self.after(ends::within(grace), Event::Process { host, life, key, act: Act::MustBeOver });
    }

    fn tell_truth(&mut self, key: Key, status: Status) {
        if let Some(truth) = self.truth.process(key.0, key.1) {
            truth.status = Some(status);
        }
    }

    /// The shell reads an output, no further than it may.
    fn read(&mut self, host: usize, key: Key, fd: Fd) {
        let sees_hangup = self.plan.sees_hangup;
        let Some(process) = self.hosts[host].procs.get_mut(&key) else { return };
        let writers = process.has_writers();
        let Some(out) = process.outs.get_mut(&fd) else { return };
        out.shell_awake = false;
        if out.end_told {
            return;
        }
        let here = out.written - out.read;
        let most = here.min(out.upto - out.read.min(out.upto)).min(limits::CHUNK_BYTES_MAX as u64);
        let mut bytes = Bytes::new();
        if most > 0 {
            let length = if self.plan.calm { most } else { self.chance.between(1, most) };
            bytes = self.pattern.cut(out.stream, out.read, length);
            out.read += length;
        }
        out.hungry_since = None;
        let drained = out.read == out.written && !writers;
        let may_look = out.read < out.upto || sees_hangup;
        let end = drained && may_look && (bytes.is_empty() || self.chance.percent(50));
        out.end_told = end;
        let again = most > 0 && !end;
        self.bytes += bytes.len() as u64;
        if !bytes.is_empty() || end {
            let (command, rank) = key;
            self.feed(host, Input::Output { command, rank, fd, bytes, end });
            self.wake(host, key);
        }
        if again {
            self.wake_shell(host, key, fd);
        }
    }

    fn write(&mut self, host: usize, key: Key, fd: Fd, bytes: &Bytes, end: bool) {
        let most = self.truth.commands.get(&key.0).map_or(u64::MAX, |command| command.input_window);
        let Some(process) = self.hosts[host].procs.get_mut(&key) else { return };
        let Some(input) = process.ins.get_mut(&fd) else { return };
        let held = stdin::written(&self.pattern, input.stream, input.given, bytes);
        input.given += bytes.len() as u64;
        input.end_given |= end;
        let bounded = window::input(input.given - input.piped, most);
        self.bytes += bytes.len() as u64;
        self.must("stdin", held, || about(key));
        self.must("window", bounded, || about(key));
        self.drain_input(host, key);
        self.wake(host, key);
    }

    /// Moves stdin from the shell into the pipe, and tells the daemon.
    fn drain_input(&mut self, host: usize, key: Key) {
        let Some(process) = self.hosts[host].procs.get_mut(&key) else { return };
        let alive = process.status.is_none();
        let mut news = Vec::new();
        for (fd, input) in &mut process.ins {
            let bytes = if alive && !input.closed { input.fill() } else { 0 };
            let closes = alive && !input.closed && input.taken >= input.wants;
            input.closed |= closes;
            news.push((*fd, bytes, closes));
        }
        let (command, rank) = key;
        for (fd, bytes, closes) in news {
            let life = self.hosts[host].life;
            if bytes > 0 {
                let input = Input::Wrote { command, rank, fd, bytes };
                self.after(0, Event::Daemon { host, life, input });
            }
            if closes {
                let input = Input::InputClosed { command, rank, fd };
                self.after(0, Event::Daemon { host, life, input });
            }
        }
    }
}

fn about(key: Key) -> String {
    format!("rank {} of {}", key.1.0, trace::id(key.0))
}
