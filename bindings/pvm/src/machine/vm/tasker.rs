//! Spawning through a tasker: a task that starts tasks itself, on its own host.
//!
//! A process that waits holds the new task's place in the vm (`ps` shows it under the program's
//! name); the program claims that place when it calls PVM. It is given up when the tasker says that
//! the program is over (`SM_TASKX`), and at the latest when the tasker ends. The vm knows the place
//! alone: a signal ends that, and the program with it, by SIGTERM from its own library.
//! Called by `spawn.rs`, and by `vm.rs` in the program.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::thread;
use std::time::{Duration, Instant};

use posse::{Command, CommandEntry, HostId, Rank, find_vm_directory};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, getpid, kill_process, pidfd_open};

use super::VmMachine;
use super::duty::{OnDuty, SM_STTASK, Said};
use super::spawn::{environment, search_path};
use super::tasks::pids;
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::machine::Spawn;

/// Waits until the tasker, its first word, is over.
const PLACE: &str = "while kill -0 $0 2>/dev/null; do sleep 1; done";

/// In the program's environment: the process that holds its place.
const HOLDER: &str = "POSSE_PVM_PLACE";

/// How often the thread looks whether this task is still there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl VmMachine {
    /// What the places of its tasks need to know of a tasker, and they of its daemon: process
    /// number, socket.
    pub(super) fn for_tasks(&self) -> Result<String> {
        let socket = match std::env::var("POSSE_SOCKET") {
            Ok(socket) => socket,
            Err(_) => {
                let directory = find_vm_directory(self.vm()?.name()).ok().flatten();
                let socket = directory.ok_or(PvmError::SysErr)?.socket();
                socket.to_str().ok_or(PvmError::SysErr)?.to_owned()
            }
        };
        Ok(format!("{} {socket}", std::process::id()))
    }

    pub(super) fn start_by(&self, tasker: &OnDuty, host: HostId, spawn: &Spawn) -> Result<Tid> {
        let path = program(&spawn.program).ok_or(PvmError::NoFile)?;
        let (pid, socket) = tasker.said.split_once(' ').ok_or(PvmError::BadMsg)?;
        let place = Command::argv(["sh", "-c", PLACE, pid])
            .hosts(vec![host])
            .title(&spawn.program)
            .parent(self.process.id());
        let entry = self.act(|vm| vm.run_detached(&place))?;
        let family = self.whole_family(entry.id, &[host], 1)?;
        let process = family.first().map(|(_, process, _)| *process).ok_or(PvmError::HostFail)?;
        let tid = self.messages().lives.learn(process).ok_or(PvmError::OutOfRes)?;
        let pids = self.ask(|vm| pids(vm, &[host]))?;
        let holder = pids.get(&(entry.id, Rank(0))).copied().ok_or(PvmError::HostFail)?;
        let claims = [
            ("POSSE_SOCKET", socket.to_owned()),
            ("POSSE_PROCESS", process.0.to_string()),
            ("POSSE_COMMAND", entry.id.0.to_string()),
            (HOLDER, holder.to_string()),
        ];
        let environment = self.with_claims(claims, spawn)?;
        let mut said = Said::new().int(tid.0)?.int(spawn.flags)?.text(&path)?;
        said = said.int(1 + spawn.args.len() as i32)?.text(&path)?;
        for arg in &spawn.args {
            said = said.text(&String::from_utf8_lossy(arg))?;
        }
        said = said.int(environment.len() as i32)?;
        for variable in &environment {
            said = said.text(variable)?;
        }
        self.messages().tasked.insert(tid, false);
        self.say_to(tasker.task, SM_STTASK, 0, said.bytes())?;
        let machine = self.myself.clone();
        let named = thread::Builder::new().name("pvm-tasked".to_owned());
        let _it_stays_until_its_tasker_ends = named.spawn(move || give_up(&machine, tid, &entry));
        Ok(tid)
    }

    /// The environment by which the program takes its place.
    fn with_claims(&self, claims: [(&str, String); 4], spawn: &Spawn) -> Result<Vec<String>> {
        let own = [
            ("POSSE_VM", self.vm()?.name().to_owned()),
            ("POSSE_PARENT", self.process.id().0.to_string()),
            ("POSSE_SIZE", "1".to_owned()),
        ];
        let own = own.into_iter().chain(claims).map(|(name, value)| (name.to_owned(), value));
        let all = environment(spawn)?.into_iter().chain(own);
        Ok(all.map(|(name, value)| format!("{name}={value}")).collect())
    }
}

/// Ends the process that holds a task's place once its tasker says that the program is over. Not
/// when that has left the vm: it may go on without.
fn give_up(machine: &Weak<VmMachine>, tid: Tid, entry: &CommandEntry) {
    loop {
        let Some(machine) = machine.upgrade() else { return };
        let until = Some(Instant::now() + LOOK_EVERY);
        let over = machine.wait_for(until, |messages| {
            let is_over = messages.tasked.get(&tid) != Some(&false);
            (is_over || messages.left).then(|| messages.tasked.remove(&tid) != Some(false))
        });
        match over {
            Ok(None) => {}
            Ok(Some(false)) => return,
            Ok(Some(true)) => {
                let _already_over = machine.act(|vm| vm.controller(entry).end(None));
                return;
            }
            Err(_) => return,
        }
    }
}

/// For a program that a tasker started, once it has its place: ends it when the place does.
pub fn end_with_place() {
    let holder = std::env::var(HOLDER).ok().and_then(|text| text.parse().ok());
    let Some(holder) = holder.and_then(Pid::from_raw) else { return };
    let watch = pidfd_open(holder, PidfdFlags::empty());
    let named = thread::Builder::new().name("pvm-place".to_owned());
    let _it_can_still_be_ended_by_hand = named.spawn(move || {
        if let Ok(watch) = &watch {
            let mut ended = [PollFd::new(watch, PollFlags::IN)];
            while poll(&mut ended, None) == Err(Errno::INTR) {}
        }
        let _it_may_be_blocked = kill_process(getpid(), Signal::TERM);
    });
}

/// Where a tasker is to find a program: along the path of a spawn, as it is here.
fn program(name: &str) -> Option<String> {
    let runs = |path: &Path| {
        let found = path.metadata().ok().filter(std::fs::Metadata::is_file);
        found.is_some_and(|found| found.permissions().mode() & 0o111 != 0)
    };
    let all: Vec<PathBuf> = match name.contains('/') {
        true => vec![name.into()],
        false => std::env::split_paths(&search_path()).map(|folder| folder.join(name)).collect(),
    };
    all.iter().find(|path| runs(path))?.to_str().map(str::to_owned)
}
