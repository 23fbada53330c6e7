//! One host: a context whose binary is the stand-in, its families, and the usual ways to run
//! something on it. The tests of one program take turns, since directory, umask and children
//! belong to the whole test process.

use super::spec::{COMMAND, place};
use super::wait::{read_to_end, until};
use posse_daemon::process::{self, Families, Family, HostContext, How, Started};
use posse_wire::HostId;
use posse_wire::msg::Spec;
use rustix::process::Pid;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

static TURN: Mutex<()> = Mutex::new(());

pub struct Host {
    pub context: HostContext,
    pub families: Families,
    _turn: MutexGuard<'static, ()>,
}

pub fn stand_in() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().unwrap().parent().unwrap().join("examples/stand_in");
    assert!(path.exists(), "build it first: cargo build -p posse-daemon --example stand_in");
    path
}

pub fn host() -> Host {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    process::become_reaper().unwrap();
    let mut context = HostContext::detect(HostId(7), "lab7");
    context.binary = stand_in();
    Host { context, families: Families::new(), _turn: turn }
}

/// What a process wrote on each descriptor, and how it ended.
pub struct Run {
    pub outputs: BTreeMap<u16, String>,
    pub how: How,
}

impl Host {
    pub fn start(&mut self, spec: &Spec, rank: u32) -> Started {
        let place = place(rank);
        let started = process::start(&self.context, spec, &place).unwrap();
        self.families.add(started.pid, Family { command: COMMAND, rank: place.rank });
        started
    }

    pub fn refused(&self, spec: &Spec) -> String {
        process::start(&self.context, spec, &place(0)).unwrap_err().why
    }

    pub fn run(&mut self, spec: &Spec) -> Run {
        let started = self.start(spec, 3);
        let outputs = read_all(&started);
        let how = self.wait(started.pid);
        Run { outputs, how }
    }

    pub fn output(&mut self, spec: &Spec) -> String {
        let run = self.run(spec);
        assert_eq!(run.how, How::Exited(0), "{:?}", run.outputs);
        run.outputs[&1].clone()
    }

    pub fn wait(&mut self, pid: Pid) -> How {
        let mut found = None;
        until("the process is over", || {
            for (ended, how) in process::reap_all() {
                self.families.reaped(ended);
                found = found.or((ended == pid).then_some(how));
            }
            found.is_some()
        });
        found.unwrap()
    }
}

pub fn read_all(started: &Started) -> BTreeMap<u16, String> {
    let outputs = started.ends.iter().filter(|end| !end.input);
    outputs.map(|end| (end.fd, read_to_end(&end.pipe))).collect()
}
