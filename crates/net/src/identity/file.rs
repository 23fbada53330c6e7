//! Files that hold a secret: created and read so that nobody else can have put or seen them.
//!
//! For: the few bytes of a key. Not for: general files. Checks are made on open descriptors, never
//! on names, so there is nothing to race. Called by `secret` and `elsewhere`.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::IdentityError;

/// Bits of a mode that let others in.
const OTHERS: u32 = 0o077;

/// Creates `path` with `bytes`, 0600; with `private` in a directory that is ours and 0700.
pub(crate) fn create(path: &Path, bytes: &[u8], private: bool) -> Result<(), IdentityError> {
    let name = path.file_name().ok_or_else(|| io_error(path, Errno::INVAL))?;
    let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let mut flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    flags.set(OFlags::NOFOLLOW, private);
    let dir = rustix::fs::open(parent, flags, Mode::empty()).map_err(|e| io_error(parent, e))?;
    if private {
        let stat = rustix::fs::fstat(&dir).map_err(|e| io_error(parent, e))?;
        check_private(parent, &stat, "700")?;
    }

    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(&dir, name, flags, Mode::RUSR | Mode::WUSR).map_err(|e| {
        if e == Errno::EXIST {
            return IdentityError::Exists { path: path.display().to_string() };
        }
        io_error(path, e)
    })?;
    let mut file = File::from(fd);
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(source) = written {
        // Half a key is worse than none. If even this fails, the first error is the one to report.
        let _ = rustix::fs::unlinkat(&dir, name, AtFlags::empty());
        return Err(IdentityError::Io { path: path.display().to_string(), source });
    }
    rustix::fs::fsync(&dir).map_err(|e| io_error(parent, e))
}

/// Reads `path` if it is a small plain file of ours that nobody else can reach.
pub(crate) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, IdentityError> {
    // NONBLOCK: a pipe put in the file's place must not hold us up.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| io_error(path, e))?;
    let stat = rustix::fs::fstat(&fd).map_err(|e| io_error(path, e))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(IdentityError::NotAKey { path: path.display().to_string() });
    }
    check_private(path, &stat, "600")?;
    let mut bytes = Vec::new();
    let read = File::from(fd).take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(|source| IdentityError::Io { path: path.display().to_string(), source })?;
    if bytes.len() as u64 > bytes_max {
        return Err(IdentityError::NotAKey { path: path.display().to_string() });
    }
    Ok(bytes)
}

fn check_private(path: &Path, stat: &Stat, wanted: &'static str) -> Result<(), IdentityError> {
    let path = || path.display().to_string();
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(IdentityError::ForeignOwner { path: path(), owner: stat.st_uid });
    }
    let mode = stat.st_mode & 0o7777;
    if mode & OTHERS != 0 {
        return Err(IdentityError::TooOpen { path: path(), mode, wanted });
    }
    Ok(())
}

fn io_error(path: &Path, errno: Errno) -> IdentityError {
    IdentityError::Io { path: path.display().to_string(), source: errno.into() }
}
