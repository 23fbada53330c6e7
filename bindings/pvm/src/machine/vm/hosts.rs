//! Hosts as PVM's programs see them: those that take part in the vm's work.
//!
//! Questions alone; adding and deleting is in `change.rs`. Called by `answers.rs`, `spawn.rs`.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use posse::pvm::arch;
use posse::{Command, HostEntry, HostId, HostState, Incarnation, RunEvent, SPEED};

use super::VmMachine;
use super::duty::{SM_CONFIG, Said, text_of};
use super::error::code;
use crate::Tid;
use crate::buffer::Buffer;
use crate::code::{PvmError, Result};
use crate::encoding::SIGNATURE;
use crate::machine::{Clock, Host, Status, Subject};

/// A host that has not told its time by then is taken for lost.
const CLOCK_WITHIN: Duration = Duration::from_secs(10);

/// Hosts that are up and have room for tasks. The owner's machine has none unless it was named;
/// where there is no other host, the one that this task runs on is the vm.
pub fn taking_part(hosts: &[HostEntry], here: HostId) -> Vec<HostEntry> {
    let chosen = |is: &dyn Fn(&HostEntry) -> bool| -> Vec<HostEntry> {
        hosts.iter().filter(|host| host.is_up() && is(host)).cloned().collect()
    };
    let with_slots = chosen(&|host| host.slots > 0);
    if with_slots.is_empty() { chosen(&|host| host.number == here) } else { with_slots }
}

impl VmMachine {
    pub(super) fn here(&self) -> HostId {
        self.process.id().host()
    }

    /// All that the vm knows, as it is now.
    pub(super) fn all_hosts(&self) -> Result<Vec<HostEntry>> {
        let hosts = self.ask(|vm| vm.refresh_hosts())?;
        self.messages().lives.learn_hosts(&hosts);
        Ok(hosts.to_vec())
    }

    pub(super) fn working_hosts(&self) -> Result<Vec<HostEntry>> {
        Ok(taking_part(&self.all_hosts()?, self.here()))
    }

    /// As the resource manager has it, if there is one.
    pub(super) fn config(&self) -> Result<Vec<Host>> {
        if let Some(manager) = self.manager()? {
            self.say_to(manager.task, SM_CONFIG, 0, Said::new().bytes())?;
            return told(&mut self.answer_of(manager.task, SM_CONFIG, None)?);
        }
        let vm = self.vm()?;
        let host = |entry: HostEntry| {
            let tid = Tid::of_host(entry.number)?;
            let arch = arch(&entry.facts.arch);
            // As PVM: what is measured is no part of this table.
            let speed = vm.stated_speed(&entry.name).unwrap_or(SPEED);
            let speed = i32::try_from(speed).unwrap_or(i32::MAX);
            Some(Host { tid, name: entry.name, arch, speed, signature: SIGNATURE })
        };
        Ok(self.working_hosts()?.into_iter().filter_map(host).collect())
    }

    pub(super) fn status_of(&self, of: &Subject) -> Result<Status> {
        let hosts = self.all_hosts()?;
        match of {
            Subject::Host(name) => {
                // One that was only tried is none.
                let was_there = |host: &&HostEntry| host.incarnation != Incarnation::default();
                let found = hosts.iter().filter(was_there).find(|host| host.name == *name);
                Ok(found.map_or(Status::Unknown, |host| match host.state {
                    HostState::Up => Status::Well,
                    HostState::Suspect | HostState::Down { .. } => Status::Unreachable,
                    HostState::Launching => Status::Unknown,
                }))
            }
            Subject::Task(tid) => {
                let is_there = self.entry_of(*tid)?.is_some();
                Ok(if is_there { Status::Well } else { Status::Unknown })
            }
        }
    }

    /// By `date` on that host, half a round trip ago at the latest: as exact as starting a
    /// program there is quick.
    pub(super) fn clock_of(&self, host: Tid) -> Result<Clock> {
        let number = host.host_id().ok_or(PvmError::NoHost)?;
        let is_up = |entry: &HostEntry| entry.number == number && entry.is_up();
        if !self.all_hosts()?.iter().any(is_up) {
            return Err(PvmError::NoHost);
        }
        if number == self.here() {
            return Ok(Clock { remote_us: now_us(), delta_us: 0 });
        }
        let before = now_us();
        let text = self.said_by(&Command::argv(["date", "+%s%N"]).hosts(number))?;
        let middle = before + (now_us() - before) / 2;
        let nanoseconds: i64 = text.trim().parse().map_err(|_| PvmError::HostFail)?;
        let remote_us = nanoseconds / 1000;
        Ok(Clock { remote_us, delta_us: middle - remote_us })
    }

    fn said_by(&self, command: &Command) -> Result<String> {
        let mut running = self.act(|vm| vm.run(command))?;
        let deadline = Some(Instant::now() + CLOCK_WITHIN);
        let mut said = Vec::new();
        while let Some(event) = running.next_event(deadline).map_err(code)? {
            if let RunEvent::Output { bytes, .. } = event {
                said.extend_from_slice(&bytes);
            }
        }
        String::from_utf8(said).map_err(|_| PvmError::HostFail)
    }
}

/// How many hosts and kinds of data there are, and of each host: tid, name, architecture, speed,
/// signature.
fn told(answer: &mut Buffer) -> Result<Vec<Host>> {
    let (count, _kinds) = (answer.unpack_int()?, answer.unpack_int()?);
    let host = |answer: &mut Buffer| {
        let tid = Tid(answer.unpack_int()?);
        let (name, arch) = (text_of(answer)?, text_of(answer)?);
        let speed = answer.unpack_int()?;
        let signature = answer.unpack_int()?.cast_unsigned();
        Ok(Host { tid, name, arch, speed, signature })
    };
    // Each has its bytes, so that what is claimed without them ends this.
    (0..count.max(0)).map(|_| host(answer)).collect()
}

fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as i64)
}
