//! The page of a host's permits.
//!
//! Called by the daemon, which makes it and takes back the permits of the dead, and by `Spinner`.

use super::slots::{Owner, Permit, reclaim, take};
use crate::error::{Fault, SetupError};
use crate::limits::PERMITS_MAX;
use crate::mapping::{Access, Mapping};
use crate::memfd;
use rustix::fd::OwnedFd;
use rustix::io::fcntl_dupfd_cloexec;
use std::thread;

/// What each process of a host gets.
#[derive(Debug)]
pub struct Parts {
    /// The sealed memfd: one word a permit.
    pub memory: OwnedFd,
    /// How many permits there are.
    pub permits: usize,
}

impl Parts {
    /// A page of so many permits, all free.
    ///
    /// # Errors
    /// If there are none or more than [`PERMITS_MAX`], or the kernel refuses.
    pub fn create(permits: usize) -> Result<Parts, SetupError> {
        let memory = memfd::create("posse-permits", memory_bytes(permits)? as u64)?;
        Ok(Parts { memory, permits })
    }

    /// The page in this process.
    pub fn map(&self) -> Result<Permits, SetupError> {
        let bytes = memory_bytes(self.permits)?;
        memfd::check(&self.memory, "page of permits", bytes as u64)?;
        Ok(Permits { memory: Mapping::new(&self.memory, bytes, Access::Write)? })
    }

    /// The same for another process.
    pub fn try_clone(&self) -> Result<Parts, SetupError> {
        let memory = fcntl_dupfd_cloexec(&self.memory, 0).map_err(SetupError::kernel("fcntl"))?;
        Ok(Parts { memory, permits: self.permits })
    }
}

fn memory_bytes(permits: usize) -> Result<usize, SetupError> {
    if !(1..=PERMITS_MAX).contains(&permits) {
        return Err(SetupError::Size { what: "page of permits", bytes: permits as u64 });
    }
    Ok(permits * size_of::<u64>())
}

/// A host's permits, as one of its processes sees them.
#[derive(Debug)]
pub struct Permits {
    memory: Mapping,
}

impl Permits {
    /// A permit, if one is free. `hint` is the caller's own, zero at first.
    pub fn take(&self, owner: Owner, hint: &mut usize) -> Result<Option<Permit<'_>>, Fault> {
        take(&self.memory, owner, hint)
    }

    /// The daemon, when it has seen a process die: frees what owners hold that are dead, or that
    /// never were (garbage), and says how many permits that were.
    pub fn reclaim(&self, is_dead: impl Fn(Owner) -> bool) -> Result<usize, Fault> {
        reclaim(&self.memory, is_dead)
    }
}

/// How many cores this process may use at once: those of its affinity mask, less where a cgroup's
/// quota allows fewer (cpu.max of version 2, cpu.cfs_quota_us of version 1), at least one.
pub fn usable_cores() -> usize {
    // std reads sched_getaffinity(2) and the cgroups up to the root; it fails where there is none.
    thread::available_parallelism().map_or(1, |cores| cores.get()).min(PERMITS_MAX)
}
