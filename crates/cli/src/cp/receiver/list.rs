//! What is listed against what is there: directories and links are made at once, of files it is
//! noted what is wanted.

use super::directory::{Left, Level, Place, open_beneath};
use super::output::{is_directory, is_file, look, same_mode, set_mode, times};
use super::state::{Receiver, Slot, Stop};
use crate::cp::talk::Change;
use crate::cp::temporary::{fresh_name, partial_name};
use posse_data::{Entry, Kind, answer};
use rustix::fs::{
    AtFlags, FileType, Mode, Stat, mkdirat, readlinkat, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;
use std::sync::Arc;

/// Where an entry goes.
struct Spot {
    place: Rc<Place>,
    /// None within what a dry run would make.
    directory: Option<Arc<OwnedFd>>,
    name: OsString,
}

impl Receiver {
    fn spot(&self, entry: &Entry) -> Spot {
        let (place, directory) = match self.levels.last() {
            Some(level) => (level.place.clone(), level.directory.clone()),
            None => self.tree.root(),
        };
        // At the top the one source may have a new name.
        let leaf = self.tree.place.leaf.as_ref();
        let leaf = leaf.filter(|_| self.levels.is_empty() && !self.tree.place.absent);
        let own = || OsStr::from_bytes(&entry.name).to_owned();
        Spot { place, directory, name: leaf.cloned().unwrap_or_else(own) }
    }

    pub(super) fn enter(&mut self, entry: Entry) -> Result<(), Stop> {
        if entry.kind == Kind::Root {
            let (place, directory) = self.tree.root();
            let names = Vec::new();
            self.levels.push(Level { place, directory, entry, made: false, names });
            return Ok(());
        }
        if self.manner.delete
            && let Some(level) = self.levels.last_mut()
        {
            level.names.push(entry.name.clone());
        }
        let spot = self.spot(&entry);
        if entry.kind == Kind::File {
            return self.list_file(entry, spot);
        }
        if self.skipped > 0 {
            self.skipped += usize::from(entry.kind == Kind::Directory);
            return Ok(());
        }
        let shown = self.tree.shown(&spot.place, &spot.name);
        let is_directory = entry.kind == Kind::Directory;
        let made = if is_directory {
            self.make_directory(entry, spot)
        } else {
            self.make_link(&entry, &spot)
        };
        match made {
            Ok(()) => Ok(()),
            Err(error) => {
                self.skipped = usize::from(is_directory);
                self.fault(&shown, &error)
            }
        }
    }

    pub(super) fn leave(&mut self, complete: bool) {
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if let Some(mut level) = self.levels.pop() {
            // Descriptors are few, directories in a batch may be thousands.
            let absent = level.directory.take().is_none();
            self.left.push(Left { level, complete, absent });
        }
    }

    /// Every file has its number, whether it can be had or not.
    fn list_file(&mut self, entry: Entry, spot: Spot) -> Result<(), Stop> {
        let judged = if self.skipped > 0 { Ok(answer::HAS) } else { self.judge(&entry, &spot) };
        self.answers.push(*judged.as_ref().unwrap_or(&answer::HAS));
        let Spot { place: directory, name, .. } = spot;
        self.slots.push(Rc::new(Slot { directory, name, entry }));
        let Err(error) = judged else { return Ok(()) };
        self.lose(self.slots.len() - 1, &error)
    }

    /// What is wanted of a file.
    fn judge(&mut self, entry: &Entry, spot: &Spot) -> io::Result<u8> {
        let path = spot.place.path(&spot.name);
        let Some(directory) = &spot.directory else {
            self.item(Change::Send, &path);
            return Ok(answer::HAS);
        };
        let there = look(directory, &spot.name)?;
        let mirror = self.manner.mirror;
        let mut alike = false;
        if let Some(there) = &there {
            if is_directory(there) && !mirror {
                return Err(Errno::ISDIR.into());
            }
            let size = u64::try_from(there.st_size).unwrap_or(0);
            let same = is_file(there) && size == entry.size;
            let quick = self.manner.quick && is_as_old(entry, there);
            // Where the sizes are 0 so are the contents, but for files that the kernel makes up.
            if same && (quick || (size == 0 && mirror)) {
                self.touch(entry, there, directory, (&spot.name, &path))?;
                return Ok(answer::HAS);
            }
            alike = is_file(there) && size > 0 && entry.size > 0;
            if self.manner.dry && alike && same && !self.manner.quick {
                return Ok(answer::ALIKE);
            }
        }
        if self.manner.dry {
            self.item(Change::Send, &path);
            return Ok(answer::HAS);
        }
        let partial =
            || Ok::<bool, io::Error>(look(directory, &partial_name(&spot.name))?.is_some());
        let alike = alike || (mirror && partial()?);
        Ok(if alike { answer::ALIKE } else { answer::LACKS })
    }

    /// The content is the same; so is the rest, then.
    pub(super) fn touch(
        &mut self,
        entry: &Entry,
        there: &Stat,
        directory: &OwnedFd,
        (name, path): (&OsStr, &[u8]),
    ) -> io::Result<()> {
        let mode = self.mode(entry);
        let (old, moded) = (is_as_old(entry, there), same_mode(there, mode));
        if !self.manner.preserve || (old && moded) {
            return Ok(());
        }
        self.item(Change::Touch, path);
        if self.manner.dry {
            return Ok(());
        }
        if !moded {
            set_mode(directory, name, mode)?;
        }
        if !old {
            utimensat(directory, name, &times(entry), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }

    fn make_directory(&mut self, entry: Entry, spot: Spot) -> io::Result<()> {
        let Spot { place: above, directory: parent, name } = spot;
        let path = above.path(&name);
        let place = Rc::new(Place { above: Some(above), name: name.clone() });
        let there = parent.as_ref().map(|parent| look(parent, &name)).transpose()?.flatten();
        let is_there = there.as_ref().is_some_and(is_directory);
        let mut directory = None;
        if let Some(parent) = parent.filter(|_| is_there || !self.manner.dry) {
            if there.is_some() && !is_there && self.manner.mirror {
                unlinkat(&parent, &name, AtFlags::empty())?;
            }
            if !is_there {
                match mkdirat(&parent, &name, Mode::RWXU) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(errno.into()),
                }
            }
            directory = Some(open_beneath(&parent, &name)?);
        }
        if !is_there {
            self.item(Change::Make, &path);
        } else if let Some(directory) = directory.as_ref().filter(|_| self.manner.mirror) {
            self.open_up(directory)?;
        }
        self.levels.push(Level { place, directory, entry, made: !is_there, names: Vec::new() });
        Ok(())
    }

    fn make_link(&mut self, entry: &Entry, spot: &Spot) -> io::Result<()> {
        let (target, name) = (OsStr::from_bytes(&entry.target), &spot.name);
        let path = spot.place.path(name);
        let Some(directory) = &spot.directory else {
            self.item(Change::Link, &path);
            return Ok(());
        };
        let there = look(directory, name)?;
        let is_link = |there: &Stat| FileType::from_raw_mode(there.st_mode).is_symlink();
        if let Some(there) = there.filter(is_link)
            && readlinkat(directory, name, Vec::new())?.as_bytes() == entry.target
        {
            if self.manner.preserve && !self.manner.dry && !is_as_old(entry, &there) {
                utimensat(directory, name, &times(entry), AtFlags::SYMLINK_NOFOLLOW)?;
            }
            return Ok(());
        }
        self.item(Change::Link, &path);
        if self.manner.dry {
            return Ok(());
        }
        let make = |directory: &OwnedFd, name: &str| symlinkat(target, directory, name);
        let (temporary, ()) = self.temporaries.make(directory, fresh_name(), None, make)?;
        if self.manner.preserve {
            utimensat(directory, &temporary.name, &times(entry), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        self.make_way(directory, name, &path)?;
        temporary.rename(name)
    }
}

fn is_as_old(entry: &Entry, there: &Stat) -> bool {
    entry.is_as_old_as(there.st_mtime, u32::try_from(there.st_mtime_nsec).unwrap_or(0))
}
