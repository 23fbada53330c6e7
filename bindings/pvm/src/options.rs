//! The options of `pvm_setopt`: their numbers, first values, and what they may be set to.
//!
//! Values alone; what one brings about is done where it is read. Part of `task::State`.

use crate::Tid;
use crate::code::{PvmError, Result};
use crate::limits::{FRAGMENT_BYTES_MAX, FRAGMENT_BYTES_MIN};

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Opt {
    Route = 1,
    DebugMask = 2,
    AutoErr = 3,
    OutputTid = 4,
    OutputCode = 5,
    TraceTid = 6,
    TraceCode = 7,
    TraceBuffer = 8,
    TraceOptions = 9,
    FragSize = 10,
    ResvTids = 11,
    SelfOutputTid = 12,
    SelfOutputCode = 13,
    SelfTraceTid = 14,
    SelfTraceCode = 15,
    SelfTraceBuffer = 16,
    SelfTraceOptions = 17,
    ShowTids = 18,
    OutputContext = 21,
    TraceContext = 22,
    SelfOutputContext = 23,
    SelfTraceContext = 24,
    NoReset = 25,
}

/// In the order of their numbers, with the value that each begins with.
const FIRST: [(Opt, i32); 23] = [
    (Opt::Route, 2),
    (Opt::DebugMask, 0),
    (Opt::AutoErr, 1),
    (Opt::OutputTid, 0),
    (Opt::OutputCode, 0),
    (Opt::TraceTid, 0),
    (Opt::TraceCode, 0),
    (Opt::TraceBuffer, 0),
    (Opt::TraceOptions, 0),
    (Opt::FragSize, 4080),
    (Opt::ResvTids, 0),
    (Opt::SelfOutputTid, 0),
    (Opt::SelfOutputCode, 0),
    (Opt::SelfTraceTid, 0),
    (Opt::SelfTraceCode, 0),
    (Opt::SelfTraceBuffer, 0),
    (Opt::SelfTraceOptions, 0),
    (Opt::ShowTids, 1),
    (Opt::OutputContext, 0),
    (Opt::TraceContext, 0),
    (Opt::SelfOutputContext, 0),
    (Opt::SelfTraceContext, 0),
    (Opt::NoReset, 0),
];

impl Opt {
    /// `None` for what is no option here: unknown numbers, and the two of shared-memory ports.
    pub fn of(number: i32) -> Option<Opt> {
        FIRST.iter().map(|(opt, _)| *opt).find(|opt| *opt as i32 == number)
    }
}

/// `PvmPollType` and `PvmPollTime`: PVM itself has them on shared-memory ports only.
pub fn is_of_other_ports(number: i32) -> bool {
    matches!(number, 19 | 20)
}

#[derive(Debug)]
pub struct Options {
    values: [i32; 26],
}

impl Default for Options {
    fn default() -> Options {
        let mut values = [0; 26];
        for (opt, first) in FIRST {
            values[opt as usize] = first;
        }
        Options { values }
    }
}

impl Options {
    pub fn get(&self, opt: Opt) -> i32 {
        self.values[opt as usize]
    }

    /// Set without a check: what was inherited or has been done.
    pub fn put(&mut self, opt: Opt, value: i32) {
        self.values[opt as usize] = value;
    }

    /// Set it and give the old value. Output and traces of children go to nobody (0), to this
    /// task, or where this task's own go.
    pub fn set(&mut self, opt: Opt, value: i32, own: Tid) -> Result<i32> {
        let target = |inherited: Opt| value == 0 || value == own.0 || value == self.get(inherited);
        let may = match opt {
            Opt::Route => (1..=3).contains(&value),
            Opt::TraceOptions | Opt::SelfTraceOptions => (1..=3).contains(&value),
            Opt::FragSize => (FRAGMENT_BYTES_MIN..=FRAGMENT_BYTES_MAX).contains(&value),
            Opt::OutputTid => target(Opt::SelfOutputTid),
            Opt::TraceTid => target(Opt::SelfTraceTid),
            _ => true,
        };
        if may {
            Ok(std::mem::replace(&mut self.values[opt as usize], value))
        } else {
            Err(PvmError::BadParam)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Tid = Tid(0x40001);

    #[test]
    fn setting_gives_the_old_value() {
        let mut options = Options::default();
        assert_eq!(options.set(Opt::Route, 3, OWN), Ok(2));
        assert_eq!(options.set(Opt::Route, 0, OWN), Err(PvmError::BadParam));
        assert_eq!(options.get(Opt::Route), 3);
        assert_eq!(options.set(Opt::FragSize, 1_000_000, OWN), Ok(4080));
        assert_eq!(options.set(Opt::FragSize, 2_000_000, OWN), Err(PvmError::BadParam));
        assert_eq!(options.set(Opt::FragSize, 10, OWN), Err(PvmError::BadParam));
        assert_eq!(options.set(Opt::OutputTid, OWN.0, OWN), Ok(0));
        assert_eq!(options.set(Opt::OutputTid, 0x40002, OWN), Err(PvmError::BadParam));
    }

    #[test]
    fn numbers_are_those_of_the_header() {
        let known: Vec<i32> = (-1..30).filter(|n| Opt::of(*n).is_some()).collect();
        let want: Vec<i32> = (1..=18).chain(21..=25).collect();
        assert_eq!(known, want);
        assert!(is_of_other_ports(19) && !is_of_other_ports(18));
    }
}
