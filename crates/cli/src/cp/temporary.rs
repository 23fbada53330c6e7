//! Names that must not stay: files that are being written, and markers. They go when they are
//! dropped, and on a signal; a large unfinished file may get a name under which its content is
//! found again. Called by `receiver/` and `orders.rs`.

use super::limits::PARTIAL_BYTES_MIN;
use rustix::fs::{AtFlags, renameat, statat, unlinkat};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What its names begin with.
pub const PREFIX: &str = ".posse-";

/// One of them, with the name that it has if it stays unfinished.
struct Unfinished {
    directory: Arc<OwnedFd>,
    kept_as: Option<OsString>,
}

type Held = BTreeMap<String, Unfinished>;

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

/// The name of what is there of the file `name` that is not complete, in the same directory.
pub fn partial_name(name: &OsStr) -> OsString {
    let hash = blake3::hash(name.as_bytes()).to_hex();
    OsString::from(format!("{PREFIX}part-{}", &hash[..16]))
}

impl Unfinished {
    fn give_up(&self, name: &str) {
        let size = || statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW).map(|s| s.st_size);
        let large = |size: i64| u64::try_from(size).is_ok_and(|size| size >= PARTIAL_BYTES_MIN);
        if let Some(kept_as) = &self.kept_as
            && size().is_ok_and(large)
            && renameat(&self.directory, name, &self.directory, kept_as).is_ok()
        {
            return;
        }
        let _it_may_be_gone = unlinkat(&self.directory, name, AtFlags::empty());
    }
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
        kept_as: Option<OsString>,
        make: impl FnOnce(&OwnedFd, &str) -> rustix::io::Result<T>,
    ) -> io::Result<(Temporary, T)> {
        // Under the lock, so that a signal finds either nothing or all of it.
        let mut held = self.lock();
        let made = make(directory, &name)?;
        let directory = directory.clone();
        held.insert(name.clone(), Unfinished { directory: directory.clone(), kept_as });
        drop(held);
        Ok((Temporary { all: self.clone(), directory, name, kept: false }, made))
    }

    /// Gives all up and lets no more be made: for a process that is about to end.
    pub fn clear_for_good(&self) {
        let held = self.lock();
        held.iter().for_each(|(name, unfinished)| unfinished.give_up(name));
        std::mem::forget(held);
    }
}

impl Temporary {
    /// It becomes what it was made for, in the same directory.
    pub fn rename(mut self, to: &OsStr) -> io::Result<()> {
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
            if let Some(unfinished) = held.remove(&self.name) {
                unfinished.give_up(&self.name);
            }
        }
    }
}
