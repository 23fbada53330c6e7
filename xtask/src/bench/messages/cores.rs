//! The two forms of a latency: all on one core, or each end on a core of its own.
//!
//! Called by the rows.

use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Both ends, and whatever carries between them.
    OneCore,
    /// Whatever carries may run where the kernel likes.
    TwoCores,
}

/// While it lives, what this thread starts runs where the form says.
pub struct Confined {
    before: CpuSet,
    /// One core for each end.
    pub ends: [usize; 2],
}

impl Form {
    pub fn confine(self) -> Result<Confined> {
        let before = sched_getaffinity(None).context("no affinity")?;
        let all: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| before.is_set(*core)).collect();
        let first = *all.first().context("no core")?;
        if self == Form::TwoCores {
            ensure!(all.len() > 1, "there is one core");
            return Ok(Confined { before, ends: [first, all[1]] });
        }
        let mut one = CpuSet::new();
        one.set(first);
        sched_setaffinity(None, &one).context("no affinity")?;
        Ok(Confined { before, ends: [first, first] })
    }
}

impl Confined {
    /// `0 1`: for a command line.
    pub fn words(&self) -> String {
        format!("{} {}", self.ends[0], self.ends[1])
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        let _it_was_allowed_before = sched_setaffinity(None, &self.before);
    }
}
