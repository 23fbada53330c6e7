//! Task ids in PVM's layout: bits 29 to 18 the host, 17 to 0 the task on it, 0 for the host
//! itself (PVM 3.4 user's guide, "Task identifiers"). The first host that `posse up` names is 1,
//! the owner's machine, which mostly takes no part, is the last. The library for programs has the
//! same mapping (`bindings/pvm/src/machine/vm/ids.rs`), or the two would not mean the same task.
//! Pure.

use posse::{HostId, ProcessId};
use std::fmt;

/// A task, or a host where the local part is 0.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Tid(pub u32);

const LOCAL_BITS: u32 = 18;
const LOCAL: u32 = (1 << LOCAL_BITS) - 1;
const LAST_HOST: u32 = (1 << 12) - 1;

impl Tid {
    /// `None` past PVM's 4,095 hosts or 262,143 tasks a host.
    pub fn of(process: ProcessId) -> Option<Tid> {
        Tid::new(process.host(), process.sequence())
    }

    pub fn of_host(host: HostId) -> Option<Tid> {
        Tid::new(host, 0)
    }

    fn new(host: HostId, sequence: u32) -> Option<Tid> {
        let place = match host {
            HostId::OWNER => LAST_HOST,
            HostId(number) if number < LAST_HOST => number,
            HostId(_) => return None,
        };
        (sequence <= LOCAL).then_some(Tid(place << LOCAL_BITS | sequence))
    }

    /// `t40001`, or without the `t`, as people type it.
    pub fn read(word: &str) -> Option<Tid> {
        let digits = word.strip_prefix('t').unwrap_or(word);
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        u32::from_str_radix(digits, 16).ok().map(Tid)
    }

    /// That of its host.
    pub fn host(self) -> Tid {
        Tid(self.0 & !LOCAL)
    }
}

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{:x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse::Incarnation;

    #[test]
    fn a_tid_is_host_and_sequence() {
        let id = |host, sequence| ProcessId::new(HostId(host), Incarnation(1), sequence);
        let tid = |host, sequence| id(host, sequence).and_then(Tid::of);
        assert_eq!(tid(1, 1), Some(Tid(0x40001)));
        assert_eq!(tid(0, 1), Some(Tid(0x3ffc_0001)), "the owner's machine");
        assert_eq!(tid(3, 7), Tid::read("tc0007"));
        assert_eq!(tid(3, 7).map(|tid| tid.to_string()), Some("tc0007".to_owned()));
        assert_eq!(tid(3, 7).map(Tid::host), Tid::of_host(HostId(3)));
        assert_eq!(Tid::read("c0007"), Some(Tid(0xc0007)));
        assert_eq!(Tid::read("lab"), None);
        assert_eq!((tid(4095, 1), tid(0, 1 << 18)), (None, None));
    }
}
