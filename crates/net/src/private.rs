//! Directories that nobody but their owner can reach, and the way to them.
//!
//! For: opening and making such a directory, refusing it where anybody else could read, replace or
//! plant something in it. Not for: which directories there are. Checks are made on open
//! descriptors. Called by `place` and `state`.

use crate::place::PlaceError;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Whose a directory must be, and what is said where it is not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub uid: u32,
    /// The variable that names another directory.
    pub set: &'static str,
    /// Above it, directories of that user may be open to a group: a umask of 002 makes them so
    /// wherever users have groups of their own, and who may write there (`~/.local`) may run
    /// programs as that user already.
    pub groups: bool,
}

impl Wanted {
    pub fn io(self, path: &Path, source: io::Error) -> PlaceError {
        PlaceError::Io { path: path.to_owned(), source, set: self.set }
    }
}

pub(crate) fn is_private(path: &Path, uid: u32) -> bool {
    let found = rustix::fs::statat(CWD, path, AtFlags::empty());
    found.is_ok_and(|stat| {
        let is_directory = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir();
        path.is_absolute() && is_directory && stat.st_uid == uid && permissions(&stat) == 0o700
    })
}

fn permissions(stat: &Stat) -> u32 {
    stat.st_mode & 0o7777
}

const WALK: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a private directory after checking every directory above it; with its real path.
/// `None` where it is not there and not to be made.
pub(crate) fn open_private(
    path: &Path,
    wanted: Wanted,
    make: bool,
) -> Result<Option<(OwnedFd, PathBuf)>, PlaceError> {
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(PlaceError::NotDirectory { path: path.to_owned(), set: wanted.set });
    };
    let (directory, mut walked) = match open_way(above, wanted) {
        Err(PlaceError::NoParent { .. }) if !make => return Ok(None),
        opened => opened?,
    };
    walked.push(name);
    let opened = open_private_at(&directory, name, &walked, wanted, make)?;
    Ok(opened.map(|fd| (fd, walked)))
}

/// Opens a directory that is there, after checking it and all above it; with its real path.
pub(crate) fn open_way(path: &Path, wanted: Wanted) -> Result<(OwnedFd, PathBuf), PlaceError> {
    let real = match std::fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(PlaceError::NoParent { missing: path.to_owned() });
        }
        Err(source) => return Err(wanted.io(path, source)),
    };
    let mut walked = PathBuf::from("/");
    let mut directory = open_above(CWD, OsStr::new("/"), &walked, wanted)?;
    for component in real.components() {
        if let Component::Normal(name) = component {
            walked.push(name);
            directory = open_above(&directory, name, &walked, wanted)?;
        }
    }
    Ok((directory, walked))
}

/// A directory above ours: nobody but root and us may rename what is in it.
fn open_above(
    at: impl AsFd,
    name: &OsStr,
    path: &Path,
    wanted: Wanted,
) -> Result<OwnedFd, PlaceError> {
    let failed = |errno: Errno| wanted.io(path, errno.into());
    let fd = rustix::fs::openat(at, name, WALK, Mode::empty()).map_err(failed)?;
    let stat = rustix::fs::fstat(&fd).map_err(failed)?;
    let (mode, owner) = (permissions(&stat), stat.st_uid);
    let others = if wanted.groups && owner == wanted.uid { 0o002 } else { 0o022 };
    let writable_by_others = mode & others != 0 && mode & 0o1000 == 0;
    let trusted = owner == 0 || owner == wanted.uid || is_unmapped(owner);
    if writable_by_others || !trusted {
        return Err(PlaceError::Exposed { path: path.to_owned(), owner, mode, set: wanted.set });
    }
    Ok(fd)
}

/// In a user namespace the real root's directories show the overflow uid of user_namespaces(7).
fn is_unmapped(owner: u32) -> bool {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let overflow = || read("/proc/sys/kernel/overflowuid").trim().parse() == Ok(owner);
    let whole = || read("/proc/self/uid_map").split_whitespace().eq(["0", "0", "4294967295"]);
    owner == 65534 && overflow() && !whole()
}

/// Opens, and with `make` makes, the directory `name`, which must be ours and 0700.
pub(crate) fn open_private_at(
    at: impl AsFd,
    name: &OsStr,
    path: &Path,
    wanted: Wanted,
    make: bool,
) -> Result<Option<OwnedFd>, PlaceError> {
    let failed = |errno: Errno| wanted.io(path, errno.into());
    let made = match make.then(|| rustix::fs::mkdirat(&at, name, Mode::RWXU)) {
        None | Some(Err(Errno::EXIST)) => false,
        Some(Ok(())) => true,
        Some(Err(errno)) => return Err(failed(errno)),
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    if made {
        // mkdir(2) takes the umask's bits away, and a umask may hold the owner's too.
        let fd = rustix::fs::openat(&at, name, WALK, Mode::empty()).map_err(failed)?;
        let stat = rustix::fs::fstat(&fd).map_err(failed)?;
        if permissions(&stat) & 0o777 != 0o700 {
            rustix::fs::chmodat(&at, name, Mode::RWXU, AtFlags::empty()).map_err(failed)?;
        }
    }
    // Owner and mode first: a directory that we may not open deserves the better error.
    let seen = match rustix::fs::statat(&at, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(None),
        seen => seen.map_err(failed)?,
    };
    check_private(&seen, path, wanted)?;
    let fd = rustix::fs::openat(&at, name, flags, Mode::empty()).map_err(failed)?;
    check_private(&rustix::fs::fstat(&fd).map_err(failed)?, path, wanted)?;
    Ok(Some(fd))
}

fn check_private(stat: &Stat, path: &Path, wanted: Wanted) -> Result<(), PlaceError> {
    let Wanted { uid, set, .. } = wanted;
    let path = || path.to_owned();
    let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
    if kind.is_symlink() {
        return Err(PlaceError::Symlink { path: path(), set });
    }
    if !kind.is_dir() {
        return Err(PlaceError::NotDirectory { path: path(), set });
    }
    if stat.st_uid != uid {
        return Err(PlaceError::NotOurs { path: path(), owner: stat.st_uid, uid, set });
    }
    let mode = permissions(stat) & 0o777;
    if mode != 0o700 {
        return Err(PlaceError::TooOpen { path: path(), mode });
    }
    Ok(())
}
