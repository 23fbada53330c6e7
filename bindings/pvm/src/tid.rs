//! Task ids in PVM's layout, and their way to and from hosts and sequences of a vm: here alone.
//!
//! A tid is a positive 32-bit number: bits 29 to 18 the host (1 to 4095), bits 17 to 0 the task
//! on it, 0 for the host itself. Programs print them as `t%x` and some decode them, so the layout
//! is kept (PVM 3.4 user's guide, "Task identifiers"). Nothing is asked of the vm here.

use std::fmt;

/// A task, or a host where the local part is 0.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tid(pub i32);

const LOCAL_BITS: u32 = 18;
const LOCAL: i32 = (1 << LOCAL_BITS) - 1;
const HOSTS: i32 = ((1 << 12) - 1) << LOCAL_BITS;

impl Tid {
    /// Who PVM names as the sender of what the local daemon says: notices, output of children.
    pub const DAEMON: Tid = Tid(i32::MIN);

    /// The tid of a host (counted from 0) and a sequence on it (from 1; 0 is the host
    /// itself). `None` past PVM's 4,095 hosts or 262,143 tasks a host.
    pub fn new(host: u32, sequence: u32) -> Option<Tid> {
        let host = i32::try_from(host).ok()?.checked_add(1)?;
        let local = i32::try_from(sequence).ok()?;
        let fits = host <= HOSTS >> LOCAL_BITS && local <= LOCAL;
        fits.then_some(Tid(host << LOCAL_BITS | local))
    }

    /// Which host it is of, from 0; `None` for what is neither task nor host.
    pub fn host_number(self) -> Option<u32> {
        let known = self.0 & !(HOSTS | LOCAL) == 0 && self.0 & HOSTS != 0;
        known.then(|| (self.0 >> LOCAL_BITS) as u32 - 1)
    }

    /// The sequence on its host, 0 for the host itself.
    pub fn sequence(self) -> u32 {
        (self.0 & LOCAL) as u32
    }

    /// Can it name a task: may a program send to it?
    pub fn is_task(self) -> bool {
        self.host_number().is_some() && self.sequence() > 0
    }

    pub fn is_host(self) -> bool {
        self.host_number().is_some() && self.sequence() == 0
    }

    /// The tid of its host, as `pvm_tidtohost` gives it for any number.
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
mod tests {
    use super::*;

    #[test]
    fn a_tid_is_host_and_sequence() {
        let first = Tid::new(0, 1).expect("fits");
        assert_eq!((first, first.to_string().as_str()), (Tid(0x40001), "t40001"));
        assert_eq!((first.host_number(), first.sequence()), (Some(0), 1));
        assert_eq!((first.host(), first.host().is_host()), (Tid(0x40000), true));
        let last = Tid::new(4094, 262_143).expect("fits");
        assert_eq!((last.host_number(), last.sequence()), (Some(4094), 262_143));
        assert_eq!(last, Tid(0x3fff_ffff));
    }

    #[test]
    fn what_does_not_fit_has_no_tid() {
        assert_eq!(Tid::new(4095, 1), None);
        assert_eq!(Tid::new(0, 1 << 18), None);
        assert_eq!(Tid::new(u32::MAX, 1), None);
        for odd in [0, -1, 7, 0x40000, i32::MIN, 0x4000_0001] {
            assert!(!Tid(odd).is_task(), "{odd:x}");
        }
        assert_eq!(Tid::DAEMON.host_number(), None);
    }
}
