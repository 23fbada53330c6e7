//! Names that must not stay: files that are being written, and markers. They go when they are
//! dropped, and on a signal. Called by `unpack.rs` and `receive.rs`.

use rustix::fs::{AtFlags, renameat, unlinkat};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What its names begin with.
pub const PREFIX: &str = ".posse-";

type Held = BTreeMap<String, Arc<OwnedFd>>;

/// All that this process has made and not yet renamed.
#[derive(Clone, Default)]
pub struct Temporaries(Arc<Mutex<Held>>);

/// One of them.
pub struct Temporary {
    all: Temporaries,
    directory: Arc<OwnedFd>,
    pub name: String,
    kept: bool,
}

/// A name that nobody else has: 64 random bits.
pub fn fresh_name() -> String {
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{PREFIX}{random:016x}")
}

impl Temporaries {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one by `make`, which fails where the name exists.
    pub fn make<T>(
        &self,
        directory: &Arc<OwnedFd>,
        name: String,
        make: impl FnOnce(&OwnedFd, &str) -> rustix::io::Result<T>,
    ) -> io::Result<(Temporary, T)> {
        // Under the lock, so that a signal finds either nothing or all of it.
        let mut held = self.lock();
        let made = make(directory, &name)?;
        held.insert(name.clone(), directory.clone());
        drop(held);
        let (all, directory) = (self.clone(), directory.clone());
        Ok((Temporary { all, directory, name, kept: false }, made))
    }

    /// Removes all and lets no more be made: for a process that is about to end.
    pub fn clear_for_good(&self) {
        let held = self.lock();
        for (name, directory) in held.iter() {
            let _nothing_else_can_be_done = unlinkat(directory, name, AtFlags::empty());
        }
        std::mem::forget(held);
    }
}

impl Temporary {
    /// It becomes what it was made for, in the same directory.
    pub fn rename(mut self, to: &std::ffi::OsStr) -> io::Result<()> {
        let mut held = self.all.lock();
        renameat(&self.directory, &self.name, &self.directory, to)?;
        held.remove(&self.name);
        drop(held);
        self.kept = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            let mut held = self.all.lock();
            let _it_may_be_gone = unlinkat(&self.directory, &self.name, AtFlags::empty());
            held.remove(&self.name);
        }
    }
}
