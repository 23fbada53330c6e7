//! From ids of posse's processes to tids and back.
//!
//! The first host that `posse up` names has PVM's first tid, and so on; the owner's machine, which
//! mostly takes no part, has the last one. A tid has no room for the incarnation of its host's
//! daemon, so the last one that was heard of each host is kept here. Values only; who learns of a
//! host or a process tells (`learn`).

use std::collections::HashMap;

use posse::{HostEntry, HostId, Incarnation, ProcessId};

use crate::tid::Tid;

#[derive(Debug, Default)]
pub struct Lives(HashMap<HostId, Incarnation>);

impl Lives {
    /// The tid of a process, whose host's daemon lives so. `None` past PVM's 4,095 hosts and
    /// 262,143 tasks a host.
    pub fn learn(&mut self, process: ProcessId) -> Option<Tid> {
        let life = Incarnation((process.0 >> 24) as u16 as u32);
        self.0.insert(process.host(), life);
        tid(process)
    }

    pub fn learn_hosts(&mut self, hosts: &[HostEntry]) {
        let up = hosts.iter().filter(|host| host.is_up());
        self.0.extend(up.map(|host| (host.number, host.incarnation)));
    }

    /// `None` where nothing was heard of its host, or it is no task.
    pub fn process(&self, tid: Tid) -> Option<ProcessId> {
        let host = host_of(tid)?;
        ProcessId::new(host, *self.0.get(&host)?, tid.sequence())
    }
}

/// Where the owner's machine stands among PVM's hosts, which are counted from 0.
const OWNER: u32 = 4094;

fn place(host: HostId) -> Option<u32> {
    match host {
        HostId::OWNER => Some(OWNER),
        HostId(number) => Some(number - 1).filter(|place| *place < OWNER),
    }
}

pub fn tid(process: ProcessId) -> Option<Tid> {
    Tid::new(place(process.host())?, process.sequence())
}

pub fn host_tid(host: HostId) -> Option<Tid> {
    Tid::new(place(host)?, 0)
}

/// The host of a task, or that a tid names.
pub fn host_of(tid: Tid) -> Option<HostId> {
    let place = tid.host_number()?;
    Some(if place == OWNER { HostId::OWNER } else { HostId(place + 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tid_and_the_life_of_its_host_are_a_process() {
        let mut lives = Lives::default();
        let Some(process) = ProcessId::new(HostId(2), Incarnation(65_539), 7) else {
            panic!("fits")
        };
        assert_eq!(lives.process(Tid(0x80007)), None);
        assert_eq!(lives.learn(process), Some(Tid(0x80007)));
        assert_eq!(lives.process(Tid(0x80007)), Some(process));
        assert_eq!(lives.process(Tid(0x80000)), None, "a host");
        assert_eq!(lives.process(Tid::DAEMON), None);
    }

    #[test]
    fn the_owners_machine_is_the_last_host() {
        let first = host_tid(HostId(1));
        assert_eq!((first, first.and_then(host_of)), (Some(Tid(0x40000)), Some(HostId(1))));
        let owner = host_tid(HostId::OWNER);
        assert_eq!((owner, owner.and_then(host_of)), (Some(Tid(0x3ffc_0000)), Some(HostId::OWNER)));
        assert_eq!((host_tid(HostId(4095)), host_of(Tid::DAEMON)), (None, None));
    }

    #[test]
    fn what_has_no_room_has_no_tid() {
        let far = ProcessId::new(HostId(5000), Incarnation(1), 1).and_then(tid);
        let many = ProcessId::new(HostId(1), Incarnation(1), 1 << 18).and_then(tid);
        assert_eq!((far, many), (None, None));
    }
}
