//! What a console knows while it runs, and what several commands ask of the vm.

use super::job::Jobs;
use super::names::Names;
use super::settings::Settings;
use super::trace::Trace;
use crate::error::Error;
use posse::board::{MailFlags, Mailbox};
use posse::message::Process;
use posse::pvm::Tid;
use posse::pvm::classes::NO_RESET;
use posse::{CommandEntry, EnrolledEntry, EnrolledState, HostEntry, HostId, Placement, Rank, Vm};
use posse_hostset::HostItem;
use std::sync::Arc;

pub struct Console {
    pub vm: Vm,
    /// The console takes part itself: it is a task with a tid, as in PVM.
    pub process: Process,
    pub mailbox: Mailbox,
    pub names: Names,
    pub settings: Settings,
    pub trace: Trace,
    pub jobs: Jobs,
    /// Whose turn it is to get a task.
    pub next_host: usize,
    /// Hosts that a file described to be started later, and with what.
    pub described: Vec<HostItem>,
    /// Further directories where programs are looked for: `ep=` of the host file.
    pub search: Vec<String>,
    pub is_interactive: bool,
}

impl Console {
    pub fn new(vm: Vm, is_interactive: bool) -> Result<Console, Error> {
        let process = Process::join_vm(vm.name())?;
        // Of the daemon that the process has joined by, which need not be the one that leads.
        let mailbox = process.vm()?.board(process.id())?.mailbox();
        // It goes with the console.
        mailbox.put(NO_RESET, MailFlags::MULTI, &[])?;
        Ok(Console {
            vm,
            process,
            mailbox,
            names: Names::new(std::env::vars()),
            settings: Settings::default(),
            trace: Trace::default(),
            jobs: Jobs::default(),
            // As PVM: the first task is the second host's, since the first has its owner at work.
            next_host: 1,
            described: Vec::new(),
            search: Vec::new(),
            is_interactive,
        })
    }

    /// Those that take part in work, as they are now.
    pub fn hosts(&self) -> Result<Vec<HostEntry>, Error> {
        let all: Arc<[HostEntry]> = self.vm.refresh_hosts()?;
        Ok(all.iter().filter(|host| host.slots > 0).cloned().collect())
    }

    /// How spawned tasks are spread: as the tasks of this console do it with theirs.
    pub fn placement(&self) -> Placement {
        posse::pvm::placement(self.names.variable(posse::pvm::PLACEMENT))
    }

    /// Every task that there is: on one host, or on all that are up. A host that does not answer
    /// has none. What `posse e` started is a task once it calls PVM.
    pub fn tasks(&self, host: Option<HostId>) -> Result<Vec<(Tid, EnrolledEntry)>, Error> {
        let hosts = self.vm.refresh_hosts()?;
        let wanted = |entry: &&HostEntry| entry.is_up() && host.is_none_or(|id| id == entry.number);
        let asked: Vec<HostId> = hosts.iter().filter(wanted).map(|entry| entry.number).collect();
        let found = self.vm.enrolled(&asked, None)?;
        let is_task = |entry: &EnrolledEntry| {
            entry.parent.is_some() || entry.state == EnrolledState::Enrolled
        };
        let named = |entry: EnrolledEntry| Some((Tid::of(entry.process)?, entry));
        let mut tasks: Vec<_> = found.into_iter().filter(is_task).filter_map(named).collect();
        tasks.sort_by_key(|(tid, _)| *tid);
        Ok(tasks)
    }

    pub fn is_me(&self, entry: &EnrolledEntry) -> bool {
        entry.process == self.process.id()
    }

    /// The command that a task was started with, and as which of its processes.
    pub fn origin(
        &self,
        commands: &[CommandEntry],
        entry: &EnrolledEntry,
    ) -> Option<(CommandEntry, Rank)> {
        let (command, rank) = entry.family?;
        let found = commands.iter().find(|known| known.id == command)?;
        Some((found.clone(), rank))
    }
}
