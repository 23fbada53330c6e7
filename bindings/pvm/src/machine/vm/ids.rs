//! From ids of posse's processes to tids and back.
//!
//! A tid has no room for the incarnation of its host's daemon, so the last one that was heard of
//! each host is kept here. Values only; who learns of a host or a process tells (`learn`).

use std::collections::HashMap;

use posse::{HostEntry, HostId, Incarnation, ProcessId};

use crate::Tid;

#[derive(Debug, Default)]
pub struct Lives(HashMap<HostId, Incarnation>);

impl Lives {
    /// The tid of a process, whose host's daemon lives so. `None` past PVM's 4,095 hosts and
    /// 262,143 tasks a host.
    pub fn learn(&mut self, process: ProcessId) -> Option<Tid> {
        let life = Incarnation((process.0 >> 24) as u16 as u32);
        self.0.insert(process.host(), life);
        Tid::of(process)
    }

    pub fn learn_hosts(&mut self, hosts: &[HostEntry]) {
        let up = hosts.iter().filter(|host| host.is_up());
        self.0.extend(up.map(|host| (host.number, host.incarnation)));
    }

    /// `None` where nothing was heard of its host, or it is no task.
    pub fn process(&self, tid: Tid) -> Option<ProcessId> {
        let host = tid.host_id()?;
        ProcessId::new(host, *self.0.get(&host)?, tid.sequence())
    }
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
    fn what_has_no_room_has_no_tid() {
        let far = ProcessId::new(HostId(5000), Incarnation(1), 1).and_then(Tid::of);
        let many = ProcessId::new(HostId(1), Incarnation(1), 1 << 18).and_then(Tid::of);
        assert_eq!((far, many), (None, None));
    }
}
