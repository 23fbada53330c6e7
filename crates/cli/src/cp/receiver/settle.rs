//! The end of a batch: what is not at the source goes, and directories whose list is over get
//! their mode and time, which writing into them has changed.

use super::directory::{Left, Level};
use super::output::{is_directory, look, same_mode};
use super::remove::names;
use super::state::{Receiver, Stop};
use rustix::fs::fstat;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

impl Receiver {
    pub(super) fn settle(&mut self) -> Result<(), Stop> {
        self.writing = None;
        self.group.clear();
        for Left { level, complete, absent } in std::mem::take(&mut self.left) {
            // What a dry run would make has nothing in it.
            if absent {
                continue;
            }
            let place = level.place.clone();
            let shown = match &place.above {
                Some(above) => self.tree.shown(above, &place.name),
                None => self.tree.place.shown.display().to_string(),
            };
            let directory = match self.tree.open(&place) {
                Ok(directory) => directory,
                Err(error) => {
                    self.fault(&shown, &error)?;
                    continue;
                }
            };
            if self.manner.delete && complete {
                self.sweep(&directory, &level, &shown)?;
            }
            if let Err(error) = self.dress_directory(&directory, &level) {
                self.fault(&shown, &error)?;
            }
        }
        self.slots.clear();
        self.answers.clear();
        Ok(())
    }

    /// Removes what was not listed.
    fn sweep(&mut self, directory: &OwnedFd, level: &Level, shown: &str) -> Result<(), Stop> {
        let there = match names(directory) {
            Ok(names) => names,
            Err(error) => return self.fault(shown, &error),
        };
        let listed = |name: &[u8]| level.names.binary_search_by(|own| (**own).cmp(name)).is_ok();
        for name in there.into_iter().filter(|name| !listed(name.as_bytes())) {
            let path = level.place.path(&name);
            let removed = look(directory, &name).and_then(|there| {
                let inside = there.as_ref().is_some_and(is_directory);
                match there {
                    Some(_) if !self.excludes.has(&path, inside) => {
                        self.remove(directory, &name, &path)
                    }
                    _ => Ok(()),
                }
            });
            if let Err(error) = removed {
                let shown = self.tree.shown(&level.place, &name);
                self.fault(&shown, &error)?;
            }
        }
        Ok(())
    }

    fn dress_directory(&self, directory: &Arc<OwnedFd>, level: &Level) -> io::Result<()> {
        if self.manner.dry || !(level.made || self.manner.preserve) {
            return Ok(());
        }
        let there = fstat(directory)?;
        let nanos = u32::try_from(there.st_mtime_nsec).unwrap_or(0);
        let old = !self.manner.preserve || level.entry.is_as_old_as(there.st_mtime, nanos);
        if old && same_mode(&there, self.mode(&level.entry)) {
            return Ok(());
        }
        Ok(self.dress(directory, &level.entry)?)
    }
}
