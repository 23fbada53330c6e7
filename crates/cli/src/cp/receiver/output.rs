//! A file that is being written, what it is to look like, and how it gets its name.

use super::state::{Receiver, Slot};
use crate::cp::talk::Change;
use crate::cp::temporary::{Temporary, fresh_name, partial_name};
use posse_data::{Entry, Kind};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::fs::{fchmod, fstat, futimens, openat, statat, unlinkat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

/// Permissions without set-user-id and set-group-id: the owner is another.
const PERMISSIONS: u32 = 0o777;
const STICKY: u32 = 0o1000;

pub(super) struct Output {
    pub file: File,
    temporary: Temporary,
}

/// What is there, itself and not what it points to.
pub(super) fn look(directory: &OwnedFd, name: &OsStr) -> io::Result<Option<Stat>> {
    match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(there) => Ok(Some(there)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

pub(super) fn is_file(there: &Stat) -> bool {
    FileType::from_raw_mode(there.st_mode).is_file()
}

pub(super) fn is_directory(there: &Stat) -> bool {
    FileType::from_raw_mode(there.st_mode).is_dir()
}

pub(super) fn same_mode(there: &Stat, mode: u32) -> bool {
    there.st_mode & (PERMISSIONS | STICKY) == mode
}

pub(super) fn times(entry: &Entry) -> Timestamps {
    let time = Timespec { tv_sec: entry.seconds, tv_nsec: entry.nanos.into() };
    Timestamps { last_access: time, last_modification: time }
}

/// Of a regular file that may not be readable; chmod(2) itself would follow a link.
pub(super) fn set_mode(directory: &OwnedFd, name: &OsStr, mode: u32) -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(directory, name, flags, Mode::empty())?;
    if !is_file(&fstat(&file)?) {
        return Err(io::Error::other("is no regular file any more"));
    }
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// A regular file for reading; whatever else stands there is none.
pub(super) fn open_file(directory: &OwnedFd, name: &OsStr) -> io::Result<File> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(directory, name, flags, Mode::empty())?;
    if is_file(&fstat(&file)?) {
        return Ok(File::from(file));
    }
    Err(io::Error::other("is not a regular file"))
}

impl Receiver {
    /// A file of a name that nobody has, beside the one that it becomes.
    pub(super) fn create(&self, directory: &Arc<OwnedFd>, name: &OsStr) -> io::Result<Output> {
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let private = Mode::RUSR | Mode::WUSR;
        let make = |directory: &OwnedFd, name: &str| openat(directory, name, flags, private);
        let kept_as = self.manner.mirror.then(|| partial_name(name));
        let (temporary, file) = self.temporaries.make(directory, fresh_name(), kept_as, make)?;
        Ok(Output { file: file.into(), temporary })
    }

    /// All of it is there.
    pub(super) fn finish(&mut self, slot: &Slot, output: Output) -> io::Result<()> {
        let directory = self.tree.open(&slot.directory)?;
        let path = slot.directory.path(&slot.name);
        let Output { file, temporary } = output;
        self.dress(&file, &slot.entry)?;
        drop(file);
        self.make_way(&directory, &slot.name, &path)?;
        temporary.rename(&slot.name)?;
        self.written += 1;
        self.item(Change::Send, &path);
        if self.manner.mirror {
            let partial = partial_name(&slot.name);
            let _there_is_seldom_one = unlinkat(&directory, &partial, AtFlags::empty());
        }
        Ok(())
    }

    pub(super) fn mode(&self, entry: &Entry) -> u32 {
        let sticky = if entry.kind == Kind::File { 0 } else { STICKY };
        match self.manner.preserve {
            true => entry.mode & (PERMISSIONS | sticky),
            false => entry.mode & PERMISSIONS & !self.umask,
        }
    }

    pub(super) fn dress(&self, file: impl AsFd, entry: &Entry) -> rustix::io::Result<()> {
        fchmod(&file, Mode::from_raw_mode(self.mode(entry)))?;
        if self.manner.preserve { futimens(&file, &times(entry)) } else { Ok(()) }
    }

    /// A directory that was closed even to its owner is opened until it is settled.
    pub(super) fn open_up(&self, directory: &OwnedFd) -> io::Result<()> {
        let mode = fstat(directory)?.st_mode;
        let own = Mode::RWXU.as_raw_mode();
        if self.manner.dry || mode & own == own {
            return Ok(());
        }
        Ok(fchmod(directory, Mode::from_raw_mode(mode & 0o7777 | own))?)
    }
}
