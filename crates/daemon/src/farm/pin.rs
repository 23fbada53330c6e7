//! Keeps what is started now on some cores: the daemon itself goes there for that moment, and the
//! child has its mask from before its first instruction. That is safe since processes are started
//! by one thread, and costs two calls instead of a trampoline.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The daemon's thread on these cores until this is dropped.
pub(super) struct Pinned {
    before: CpuSet,
}

impl Pinned {
    /// None where there are none to go to, or we may not.
    pub fn to(cores: &[u16]) -> Option<Pinned> {
        let before = sched_getaffinity(None).ok()?;
        let mut there = CpuSet::new();
        let known = cores.iter().map(|core| usize::from(*core));
        known.filter(|core| *core < CpuSet::MAX_CPU).for_each(|core| there.set(core));
        if there.count() == 0 {
            return None;
        }
        sched_setaffinity(None, &there).ok()?;
        Some(Pinned { before })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // It was there before.
        let _ = sched_setaffinity(None, &self.before);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back() {
        let count = || sched_getaffinity(None).unwrap().count();
        let before = count();
        let first = super::super::computer::allowed()[0];
        {
            let _pinned = Pinned::to(&[first]).unwrap();
            assert_eq!(count(), 1);
        }
        assert_eq!(count(), before);
        assert!(Pinned::to(&[]).is_none() && Pinned::to(&[u16::MAX]).is_none());
    }
}
