//! Files below a directory by names that others have said: each component is opened beneath the
//! one before, and no symbolic link is followed, so that nothing outside can be reached whatever is
//! there. Called for outputs of tasks, where they are read and where they are placed.

use posse_farm::files::is_below;
use rustix::fs::{Mode, OFlags, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

/// What a file that is not in its place yet is called; it is there for a moment.
const FRESH: &str = ".posse-";

fn refused(name: &str) -> io::Error {
    let text = format!("`{name}` does not lead below its directory");
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// Directories on the way, and the last component.
fn parts(name: &str) -> io::Result<(Vec<&OsStr>, &OsStr)> {
    if !is_below(name) {
        return Err(refused(name));
    }
    let mut parts: Vec<&OsStr> = Path::new(name)
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => Some(part),
            _ => None,
        })
        .collect();
    let last = parts.pop().ok_or_else(|| refused(name))?;
    Ok((parts, last))
}

fn open_directory(at: impl AsFd, name: &OsStr) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    openat(at, name, flags, Mode::empty())
}

/// The base itself is opened as its owner has named it.
fn way(base: &Path, parts: &[&OsStr], make: bool) -> io::Result<OwnedFd> {
    let mut at: OwnedFd = File::open(base)?.into();
    for part in parts {
        let made = if make { mkdirat(&at, *part, Mode::from_raw_mode(0o777)) } else { Ok(()) };
        match made {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        at = open_directory(&at, part)?;
    }
    Ok(at)
}

/// To be read. A regular file, or an error.
pub(crate) fn open_below(base: &Path, name: &str) -> io::Result<File> {
    let (directories, last) = parts(name)?;
    let at = way(base, &directories, false)?;
    // Opening a pipe without this would wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file: File = match openat(&at, last, flags, Mode::empty()) {
        Ok(file) => file.into(),
        Err(Errno::LOOP) => return Err(io::Error::other("it is a symbolic link")),
        Err(errno) => return Err(errno.into()),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

/// Moves a file to its place, with directories on the way that are not there; what had this name is
/// replaced at once. Durable when this returns.
pub(crate) fn place_below(file: &Path, base: &Path, name: &str) -> io::Result<()> {
    let (directories, last) = parts(name)?;
    let at = way(base, &directories, true)?;
    let moved = renameat(rustix::fs::CWD, file, &at, last);
    match moved {
        Ok(()) => {}
        Err(Errno::XDEV) => copy(file, &at, last)?,
        Err(errno) => return Err(errno.into()),
    }
    rustix::fs::fsync(&at)?;
    Ok(())
}

/// From another file system: whole under another name first.
fn copy(file: &Path, at: &OwnedFd, last: &OsStr) -> io::Result<()> {
    let fresh = PathBuf::from(format!("{FRESH}{:016x}", crate::launch::random()));
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut from = File::open(file)?;
    let about = from.metadata()?;
    let mut to: File = openat(at, &fresh, flags, Mode::RUSR | Mode::WUSR)?.into();
    let copied = io::copy(&mut from, &mut to)
        .and_then(|_| to.set_permissions(about.permissions()))
        .and_then(|()| to.sync_all())
        .and_then(|()| Ok(renameat(at, &fresh, at, last)?));
    if copied.is_err() {
        let _nothing_else_can_be_done = unlinkat(at, &fresh, rustix::fs::AtFlags::empty());
        return copied;
    }
    std::fs::remove_file(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_outside_is_read_or_written() {
        let root = std::env::temp_dir().join(format!("posse-below-{}", std::process::id()));
        let (base, outside) = (root.join("base"), root.join("outside"));
        fs::create_dir_all(&base).unwrap();
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("secret"), "s").unwrap();
        symlink(&outside, base.join("link")).unwrap();
        symlink(outside.join("secret"), base.join("file")).unwrap();
        for name in ["../outside/secret", "link/secret", "file", "/etc/passwd", ".", "none"] {
            assert!(open_below(&base, name).is_err(), "{name}");
        }
        let fresh = || {
            let path = root.join("fresh");
            fs::write(&path, "new").unwrap();
            path
        };
        for name in ["../outside/x", "link/x", "a/../../x", "/tmp/posse-x"] {
            assert!(place_below(&fresh(), &base, name).is_err(), "{name}");
        }
        // A link in the place of the file is replaced, and not followed.
        place_below(&fresh(), &base, "file").unwrap();
        place_below(&fresh(), &base, "a/b/c").unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut open_below(&base, "a/./b/c").unwrap(), &mut text).unwrap();
        assert_eq!(text, "new");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
        assert_eq!(fs::read(outside.join("secret")).unwrap(), b"s");
        assert_eq!(fs::read(base.join("file")).unwrap(), b"new");
        fs::remove_dir_all(root).unwrap();
    }
}
