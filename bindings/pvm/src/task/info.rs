//! What a task can learn of itself, other tasks, and hosts.
//!
//! Questions to the machine, with PVM's answers to odd arguments. Called by `abi/info.rs`.

use std::os::fd::RawFd;

use super::Task;
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::machine::{Clock, Host, Parent, Status, Subject, TaskInfo, Tasks};

impl Task {
    /// `pvm_parent`.
    pub fn parent(&self) -> Result<Tid> {
        match self.machine()?.me().parent {
            Parent::None => Err(PvmError::NoParent),
            Parent::Unnamed => Err(PvmError::ParentNotSet),
            Parent::Task(tid) => Ok(tid),
        }
    }

    /// `pvm_siblings`: one that was not spawned is its own only sibling.
    pub fn siblings(&self) -> Result<Vec<Tid>> {
        let machine = self.machine()?;
        let siblings = machine.siblings()?;
        Ok(if siblings.is_empty() { vec![machine.me().tid()] } else { siblings })
    }

    /// `pvm_config`: the hosts, and how many kinds of data they have.
    pub fn hosts(&self) -> Result<(Vec<Host>, usize)> {
        let hosts = self.machine()?.hosts()?;
        let mut signatures: Vec<u32> = hosts.iter().map(|host| host.signature).collect();
        signatures.sort_unstable();
        signatures.dedup();
        Ok((hosts, signatures.len()))
    }

    /// `pvm_tasks`: of the vm (0), of a host, or one.
    pub fn tasks(&self, of: Tid) -> Result<Vec<TaskInfo>> {
        let which = match of {
            Tid(0) => Tasks::All,
            host if host.is_host() => Tasks::OfHost(host),
            task if task.is_task() => Tasks::One(task),
            _ => return Err(PvmError::NoHost),
        };
        self.machine()?.tasks(which)
    }

    /// `pvm_pstat`.
    pub fn task_status(&self, tid: Tid) -> Result<i32> {
        if !tid.is_task() {
            return Err(PvmError::BadParam);
        }
        self.status(Subject::Task(tid), PvmError::NoTask)
    }

    /// `pvm_mstat`.
    pub fn host_status(&self, name: &str) -> Result<i32> {
        if name.is_empty() {
            return Err(PvmError::BadParam);
        }
        self.status(Subject::Host(name.to_owned()), PvmError::NoHost)
    }

    /// `pvm_archcode`: the data signature of an architecture that a host of the vm has.
    pub fn arch_code(&self, arch: &str) -> Result<i32> {
        let hosts = self.machine()?.hosts()?;
        let found = hosts.iter().find(|host| host.arch == arch);
        found.map(|host| host.signature as i32).ok_or(PvmError::NotFound)
    }

    /// `pvm_hostsync`: of a host, or of the host of a task.
    pub fn clock(&self, host: Tid) -> Result<Clock> {
        if host.host_id().is_none() {
            return Err(PvmError::NoHost);
        }
        self.machine()?.clock(host.host())
    }

    /// `pvm_getfds`.
    pub fn descriptors(&self) -> Result<Vec<RawFd>> {
        Ok(self.machine()?.descriptors())
    }

    /// `pvm_newcontext`.
    pub fn new_context(&self) -> Result<i32> {
        self.machine()?.new_context()
    }

    /// `pvm_freecontext`; the one that everybody begins with stays.
    pub fn free_context(&self, context: i32) -> Result<i32> {
        if context != 0 {
            self.machine()?.free_context(context)?;
        }
        Ok(0)
    }

    fn status(&self, of: Subject, unknown: PvmError) -> Result<i32> {
        match self.machine()?.status(&of)? {
            Status::Well => Ok(0),
            Status::Unreachable => Err(PvmError::HostFail),
            Status::Unknown => Err(unknown),
        }
    }
}
