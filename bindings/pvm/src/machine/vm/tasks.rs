//! Tasks of the vm: which there are, and signals for them.
//!
//! Called by `answers.rs`, `hosts.rs`.

use std::collections::HashMap;
use std::time::Duration;

use posse::board::MailEntry;
use posse::pvm::classes::DUTIES;
use posse::{
    Answered, CommandId, EnrolledEntry, EnrolledState, HostEntry, HostId, ProcessId, Question,
    Rank, Vm,
};

use rustix::process::{Signal, getpid, kill_process};

use super::error::code;
use super::{VmMachine, spawn};
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::machine::{Parent, TaskInfo, Tasks};

/// What `pvm_tasks` shows of a task: it was spawned; it has enrolled.
const FORKED: i32 = 2;
const CONNECTED: i32 = 4;

/// A host that does not say by then which processes it has shows none.
const PROCESSES_WITHIN: Duration = Duration::from_secs(5);

pub type Pids = HashMap<(CommandId, Rank), u32>;

impl VmMachine {
    pub(super) fn list(&self, which: Tasks) -> Result<Vec<TaskInfo>> {
        let is_asked = |host: &HostEntry| match which {
            Tasks::All => true,
            Tasks::OfHost(tid) | Tasks::One(tid) => tid.host_id() == Some(host.number),
        };
        let hosts = self.all_hosts()?;
        let hosts: Vec<HostId> = hosts
            .iter()
            .filter(|host| host.is_up() && is_asked(host))
            .map(|host| host.number)
            .collect();
        if hosts.is_empty() {
            return Ok(Vec::new());
        }
        let entries = self.ask(|vm| vm.enrolled(&hosts, None))?;
        let pids = self.ask(|vm| pids(vm, &hosts))?;
        let mail = self.board()?.mailbox().list().map_err(code)?;
        let duties = |entry: &EnrolledEntry| -> i32 {
            let own = mail.iter().filter(|mail| mail.owner == Some(entry.process));
            let flag = |mail: &MailEntry| DUTIES.iter().find(|(class, ..)| *class == mail.name);
            own.filter_map(flag).map(|(_, flag, _)| flag).fold(0, |all, flag| all | flag)
        };
        let mut tasks: Vec<TaskInfo> =
            entries.iter().filter_map(|entry| self.info(entry, &pids, duties(entry))).collect();
        if let Tasks::One(one) = which {
            tasks.retain(|task| task.tid == one);
        }
        tasks.sort_by_key(|task| task.tid);
        Ok(tasks)
    }

    /// What is known of a process, where it is a task: it has enrolled, or one spawned it.
    fn info(&self, entry: &EnrolledEntry, pids: &Pids, duties: i32) -> Option<TaskInfo> {
        let tid = self.messages().lives.learn(entry.process)?;
        let is_connected = entry.state == EnrolledState::Enrolled;
        if !is_connected && entry.parent.is_none() {
            return None;
        }
        let parent = entry.parent.and_then(Tid::of);
        let pid = match entry.family {
            _ if tid == self.me.tid() => Some(std::process::id()),
            Some(family) => pids.get(&family).copied(),
            None => None,
        };
        let own = i32::from(parent.is_some()) * FORKED + i32::from(is_connected) * CONNECTED;
        let flags = own | duties;
        Some(TaskInfo {
            tid,
            parent: parent.map_or(0, |parent| parent.0),
            host: tid.host(),
            flags,
            program: parent.map(|_| entry.title.clone()).unwrap_or_default(),
            pid: pid.unwrap_or(0) as i32,
        })
    }

    /// Of a task that is not over.
    pub(super) fn entry_of(&self, tid: Tid) -> Result<Option<EnrolledEntry>> {
        let Some(process) = self.process_of(tid) else { return Ok(None) };
        let is_up = |host: &HostEntry| host.number == process.host() && host.is_up();
        if self.is_over(tid) || !self.all_hosts()?.iter().any(is_up) {
            return Ok(None);
        }
        let entries = self.ask(|vm| vm.enrolled(&[process.host()], None))?;
        Ok(entries.into_iter().find(|entry| entry.process == process))
    }

    /// To this task, or one that the vm started. Another that was started by hand has no command
    /// by which the vm could reach it: nothing is sent.
    pub(super) fn send_signal(&self, to: Tid, signal: i32) -> Result<()> {
        if to == self.me.tid() {
            let signal = Signal::from_named_raw(signal).ok_or(PvmError::BadParam)?;
            return kill_process(getpid(), signal).map_err(|_| PvmError::BadParam);
        }
        let Some(entry) = self.entry_of(to)? else { return Ok(()) };
        let (Some((command, rank)), Ok(signal)) = (entry.family, u8::try_from(signal)) else {
            return Ok(());
        };
        self.act(|vm| {
            let commands = vm.commands()?;
            let known = commands.iter().find(|entry| entry.id == command);
            known.map_or(Ok(()), |entry| vm.controller(entry).signal(Some(rank), signal))
        })
    }

    /// The processes of a command, by rank, also those that are over.
    pub(super) fn family(
        &self,
        command: CommandId,
        hosts: &[HostId],
    ) -> Result<Vec<(Rank, ProcessId, EnrolledState)>> {
        let entries = self.ask(|vm| vm.enrolled(hosts, Some(command)))?;
        let ranked = |entry: EnrolledEntry| Some((entry.family?.1, entry.process, entry.state));
        let mut family: Vec<_> = entries.into_iter().filter_map(ranked).collect();
        family.sort_by_key(|(rank, ..)| *rank);
        family.dedup_by_key(|(rank, ..)| *rank);
        Ok(family)
    }

    /// All tasks of the spawn that this one is of; nobody where it was not spawned.
    pub(super) fn siblings_of_me(&self) -> Result<Vec<Tid>> {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        let is_spawned = self.me.parent != Parent::None;
        let Some(command) = number("POSSE_COMMAND").filter(|_| is_spawned) else {
            return Ok(Vec::new());
        };
        let hosts = self.all_hosts()?;
        let hosts: Vec<HostId> =
            hosts.iter().filter(|host| host.is_up()).map(|host| host.number).collect();
        let size = number("POSSE_SIZE").and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        let family = self.whole_family(CommandId(command), &hosts, size)?;
        let started = family.into_iter().filter(|(.., state)| spawn::was_started(state));
        Ok(started.filter_map(|(_, process, _)| self.messages().lives.learn(process)).collect())
    }
}

pub fn pids(vm: &Vm, hosts: &[HostId]) -> Result<Pids, posse::Error> {
    let mut pids = Pids::new();
    for reply in vm.query(hosts, Question::Processes, PROCESSES_WITHIN)? {
        if let Answered::Processes(entries) = reply?.answer {
            pids.extend(entries.iter().map(|entry| ((entry.command, entry.rank), entry.pid)));
        }
    }
    Ok(pids)
}
