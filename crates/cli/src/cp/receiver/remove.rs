//! What must go: by `--delete`, or because something else is to stand there. Links are removed,
//! never followed; what is excluded stays, and the directories that it is in.

use super::directory::open_beneath;
use super::output::{is_directory, look};
use super::state::Receiver;
use crate::cp::talk::Change;
use posse_data::limits::DEPTH_MAX;
use rustix::fs::{AtFlags, Dir, unlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

/// All but `.` and `..`.
pub(super) fn names(directory: &OwnedFd) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(names)
}

impl Receiver {
    /// Before a file or a link gets its name: over a directory nothing can be renamed.
    pub(super) fn make_way(
        &mut self,
        directory: &OwnedFd,
        name: &OsStr,
        path: &[u8],
    ) -> io::Result<()> {
        let there = look(directory, name)?.filter(is_directory);
        if there.is_none() || !self.manner.mirror {
            return Ok(());
        }
        if self.manner.delete {
            return self.remove(directory, name, path);
        }
        Ok(unlinkat(directory, name, AtFlags::REMOVEDIR)?)
    }

    /// Removes `name` with all that is in it.
    pub(super) fn remove(
        &mut self,
        directory: &OwnedFd,
        name: &OsStr,
        path: &[u8],
    ) -> io::Result<()> {
        let before = self.items.len();
        if self.remove_at(directory, name, path, 0)? {
            // It says it all.
            self.items.truncate(before);
            self.item(Change::Delete, path);
        }
        Ok(())
    }

    /// Whether it is gone, or would be.
    fn remove_at(
        &mut self,
        directory: &OwnedFd,
        name: &OsStr,
        path: &[u8],
        depth: usize,
    ) -> io::Result<bool> {
        let Some(there) = look(directory, name)? else { return Ok(true) };
        let inside = is_directory(&there);
        if inside {
            if depth >= DEPTH_MAX {
                return Err(io::Error::other("has too many directories in each other"));
            }
            if !self.empty(directory, name, path, depth)? {
                return Ok(false);
            }
        }
        self.deleted += 1;
        self.item(Change::Delete, path);
        if self.manner.dry {
            return Ok(true);
        }
        let flags = if inside { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        match unlinkat(directory, name, flags) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(errno) => Err(errno.into()),
        }
    }

    fn empty(
        &mut self,
        directory: &OwnedFd,
        name: &OsStr,
        path: &[u8],
        depth: usize,
    ) -> io::Result<bool> {
        let inner = open_beneath(directory, name)?;
        self.open_up(&inner)?;
        let mut all = true;
        for name in names(&inner)? {
            let path = [path, b"/", name.as_bytes()].concat();
            let there = look(&inner, &name)?;
            let kept = there.is_some_and(|there| self.excludes.has(&path, is_directory(&there)));
            all &= !kept && self.remove_at(&inner, &name, &path, depth + 1)?;
        }
        Ok(all)
    }
}
