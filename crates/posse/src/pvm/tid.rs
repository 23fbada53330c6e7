//! Task ids in PVM's layout, and their way to and from hosts and processes of a vm: here alone.
//!
//! A tid is a positive 32-bit number: bits 29 to 18 the host (1 to 4095), bits 17 to 0 the task
//! on it, 0 for the host itself. Programs print them as `t%x` and some decode them, so the layout
//! is kept (PVM 3.4 user's guide, "Task identifiers"). The first host that `posse up` names is
//! PVM's first, and so on; the owner's machine, which mostly takes no part, is the last.

use std::fmt;

use posse_wire::{HostId, ProcessId};

/// A task, or a host where the local part is 0.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tid(pub i32);

const LOCAL_BITS: u32 = 18;
const LOCAL: i32 = (1 << LOCAL_BITS) - 1;
const HOSTS: i32 = LAST_HOST << LOCAL_BITS;
const LAST_HOST: i32 = (1 << 12) - 1;

impl Tid {
    /// Who PVM names as the sender of what the local daemon says: notices, output of children.
    pub const DAEMON: Tid = Tid(i32::MIN);

    /// The tid of a sequence (from 1; 0 is the host itself) on a host. `None` past PVM's 4,095
    /// hosts or 262,143 tasks a host.
    pub fn new(host: HostId, sequence: u32) -> Option<Tid> {
        let place = match host {
            HostId::OWNER => LAST_HOST,
            HostId(number) => i32::try_from(number).ok().filter(|place| *place < LAST_HOST)?,
        };
        let local = i32::try_from(sequence).ok().filter(|local| *local <= LOCAL)?;
        Some(Tid(place << LOCAL_BITS | local))
    }

    pub fn of(process: ProcessId) -> Option<Tid> {
        Tid::new(process.host(), process.sequence())
    }

    pub fn of_host(host: HostId) -> Option<Tid> {
        Tid::new(host, 0)
    }

    /// `t40001`, `0x40001` or without either, as people type it.
    pub fn read(word: &str) -> Option<Tid> {
        let digits = word.strip_prefix('t').unwrap_or(word);
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        u32::from_str_radix(digits, 16).ok().map(|number| Tid(number.cast_signed()))
    }

    /// Which host it is of; `None` for what is neither task nor host.
    pub fn host_id(self) -> Option<HostId> {
        let is_known = self.0 & !(HOSTS | LOCAL) == 0 && self.0 & HOSTS != 0;
        is_known.then(|| match self.0 >> LOCAL_BITS {
            LAST_HOST => HostId::OWNER,
            place => HostId(place.cast_unsigned()),
        })
    }

    /// The sequence on its host, 0 for the host itself.
    pub fn sequence(self) -> u32 {
        (self.0 & LOCAL).cast_unsigned()
    }

    /// Can it name a task: may a program send to it?
    pub fn is_task(self) -> bool {
        self.host_id().is_some() && self.sequence() > 0
    }

    pub fn is_host(self) -> bool {
        self.host_id().is_some() && self.sequence() == 0
    }

    /// The tid of its host, as `pvm_tidtohost` gives it for any number.
    #[must_use]
    pub fn host(self) -> Tid {
        Tid(self.0 & HOSTS)
    }
}

/// As PVM writes it: `t40001`.
impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{:x}", self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use posse_wire::Incarnation;

    #[test]
    fn a_tid_is_host_and_sequence() {
        let id = |host, sequence| ProcessId::new(HostId(host), Incarnation(1), sequence);
        let first = id(1, 1).and_then(Tid::of).unwrap();
        assert_eq!((first, first.to_string().as_str()), (Tid(0x40001), "t40001"));
        assert_eq!((first.host_id(), first.sequence()), (Some(HostId(1)), 1));
        assert_eq!((first.host(), first.host().is_host()), (Tid(0x40000), true));
        let last = Tid::new(HostId(4094), 262_143).unwrap();
        assert_eq!((last.host_id(), last.sequence()), (Some(HostId(4094)), 262_143));
        let owner = id(0, 1).and_then(Tid::of).unwrap();
        assert_eq!((owner, owner.host_id()), (Tid(0x3ffc_0001), Some(HostId::OWNER)));
    }

    #[test]
    fn people_type_them_with_and_without_a_sign() {
        for word in ["tc0007", "0xc0007", "c0007"] {
            assert_eq!(Tid::read(word), Some(Tid(0xc0007)), "{word}");
        }
        assert_eq!(Tid::read("lab"), None);
    }

    #[test]
    fn what_does_not_fit_has_no_tid() {
        assert_eq!(Tid::new(HostId(4095), 1), None);
        assert_eq!(Tid::new(HostId(1), 1 << 18), None);
        assert_eq!(Tid::new(HostId(u32::MAX), 1), None);
        for odd in [0, -1, 7, 0x40000, i32::MIN, 0x4000_0001] {
            assert!(!Tid(odd).is_task(), "{odd:x}");
        }
        assert_eq!(Tid::DAEMON.host_id(), None);
    }
}
