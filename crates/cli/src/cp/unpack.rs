//! Puts the records of a container onto the disk. Every name is one component, opened beneath the
//! directory that stands on top of a stack without following links, so nothing outside of the
//! target can be reached. A file has a temporary name until its checksum is right. One file that
//! cannot be written is a fault; a full disk is the end. Called by `receive.rs`, `gather.rs`.

use super::decode::Record;
use super::faults::Faults;
use super::place::Place;
use super::record::{Entry, Kind, Malformed, Totals};
use super::temporary::{Temporaries, Temporary, fresh_name};
use rustix::fs::{AtFlags, symlinkat, utimensat};
use rustix::fs::{Mode, OFlags, Timespec, Timestamps, fchmod, futimens, mkdirat, openat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

/// Why nothing more can be written.
#[derive(Debug, PartialEq, Eq)]
pub struct Stop(pub String);

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Stop {
        Stop(malformed.to_string())
    }
}

/// How files are to look.
#[derive(Debug, Clone, Copy)]
pub struct Looks {
    /// Mode and time as at the source.
    pub preserve: bool,
    pub umask: u32,
}

/// Permissions without set-user-id and set-group-id: the owner is another.
const PERMISSIONS: u32 = 0o777;
const STICKY: u32 = 0o1000;

pub struct Unpacker {
    place: Place,
    looks: Looks,
    temporaries: Temporaries,
    levels: Vec<Level>,
    /// Directories within one that could not be made, itself included.
    skipped: usize,
    open: Option<Open>,
    pub faults: Faults,
    pub totals: Option<Totals>,
}

struct Level {
    directory: Arc<OwnedFd>,
    entry: Entry,
    made: bool,
}

struct Open {
    file: File,
    temporary: Temporary,
    entry: Entry,
}

impl Unpacker {
    pub fn new(place: Place, looks: Looks, temporaries: Temporaries) -> Unpacker {
        let (faults, totals) = (Faults::default(), None);
        let (levels, skipped, open) = (Vec::new(), 0, None);
        Unpacker { place, looks, temporaries, levels, skipped, open, faults, totals }
    }

    pub fn take(&mut self, record: Record<'_>) -> Result<(), Stop> {
        match record {
            Record::Control(_) => Ok(()),
            Record::Entry(entry) => self.enter(entry),
            Record::Data(bytes) => self.write(bytes),
            // That a file changed is said where it was read.
            Record::Close(_) => self.close(),
            Record::Leave => self.leave(),
            Record::End(totals) => {
                self.totals = Some(totals);
                Ok(())
            }
        }
    }

    fn parent(&self) -> Arc<OwnedFd> {
        self.levels.last().map_or(&self.place.root, |level| &level.directory).clone()
    }

    /// At the top the one source may have a new name.
    fn name<'a>(&'a self, entry: &'a Entry) -> &'a OsStr {
        match &self.place.leaf {
            Some(leaf) if self.levels.is_empty() => leaf,
            _ => OsStr::from_bytes(&entry.name),
        }
    }

    fn shown(&self, entry: &Entry) -> String {
        let mut path = self.place.shown.clone();
        for (depth, level) in self.levels.iter().enumerate() {
            match &self.place.leaf {
                Some(leaf) if depth == 0 => path.push(leaf),
                _ => path.push(OsStr::from_bytes(&level.entry.name)),
            }
        }
        path.push(self.name(entry));
        path.display().to_string()
    }

    /// Notes what went wrong with one entry; the end of all where the next one would fare alike.
    fn fault(&mut self, entry: &Entry, error: &io::Error) -> Result<(), Stop> {
        let text = format!("{}: {error}", self.shown(entry));
        let full = [Errno::NOSPC, Errno::DQUOT, Errno::ROFS, Errno::IO, Errno::MFILE];
        if Errno::from_io_error(error).is_some_and(|errno| full.contains(&errno)) {
            return Err(Stop(text));
        }
        self.faults.add(text);
        Ok(())
    }

    fn enter(&mut self, entry: Entry) -> Result<(), Stop> {
        if self.skipped > 0 {
            self.skipped += usize::from(entry.kind == Kind::Directory);
            return Ok(());
        }
        let made = match entry.kind {
            Kind::Directory => self.make_directory(&entry),
            Kind::Link => self.make_link(&entry),
            _ => self.make_file(&entry),
        };
        match made {
            Ok(()) => Ok(()),
            Err(error) => {
                self.skipped = usize::from(entry.kind == Kind::Directory);
                self.fault(&entry, &error)
            }
        }
    }

    fn make_directory(&mut self, entry: &Entry) -> io::Result<()> {
        let (parent, name) = (self.parent(), self.name(entry).to_owned());
        let made = match mkdirat(&parent, &name, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(errno) => return Err(errno.into()),
        };
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = Arc::new(openat(&parent, &name, flags, Mode::empty())?);
        self.levels.push(Level { directory, entry: entry.clone(), made });
        Ok(())
    }

    fn make_link(&mut self, entry: &Entry) -> io::Result<()> {
        let target = OsStr::from_bytes(&entry.target);
        let parent = self.parent();
        let make = |directory: &OwnedFd, name: &str| symlinkat(target, directory, name);
        let (temporary, ()) = self.temporaries.make(&parent, fresh_name(), make)?;
        if self.looks.preserve {
            let times = times(entry);
            utimensat(&parent, &temporary.name, &times, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        temporary.rename(self.name(entry))
    }

    fn make_file(&mut self, entry: &Entry) -> io::Result<()> {
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let private = Mode::RUSR | Mode::WUSR;
        let make = |directory: &OwnedFd, name: &str| openat(directory, name, flags, private);
        let (temporary, file) = self.temporaries.make(&self.parent(), fresh_name(), make)?;
        self.open = Some(Open { file: file.into(), temporary, entry: entry.clone() });
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let Some(open) = &mut self.open else { return Ok(()) };
        match open.file.write_all(bytes) {
            Ok(()) => Ok(()),
            Err(error) => {
                let entry = self.open.take().map(|open| open.entry);
                entry.map_or(Ok(()), |entry| self.fault(&entry, &error))
            }
        }
    }

    fn close(&mut self) -> Result<(), Stop> {
        let Some(Open { file, temporary, entry }) = self.open.take() else { return Ok(()) };
        let looks = self.dress(&file, &entry).map_err(io::Error::from);
        drop(file);
        if let Err(error) = looks.and_then(|()| temporary.rename(self.name(&entry))) {
            return self.fault(&entry, &error);
        }
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Stop> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        let Some(level) = self.levels.pop() else { return Ok(()) };
        if !level.made && !self.looks.preserve {
            return Ok(());
        }
        match self.dress(&level.directory, &level.entry) {
            Ok(()) => Ok(()),
            Err(errno) => self.fault(&level.entry, &errno.into()),
        }
    }

    fn dress(&self, file: impl AsFd, entry: &Entry) -> rustix::io::Result<()> {
        let sticky = if entry.kind == Kind::Directory { STICKY } else { 0 };
        let mode = match self.looks.preserve {
            true => entry.mode & (PERMISSIONS | sticky),
            false => entry.mode & PERMISSIONS & !self.looks.umask,
        };
        fchmod(&file, Mode::from_raw_mode(mode))?;
        if self.looks.preserve { futimens(&file, &times(entry)) } else { Ok(()) }
    }
}

fn times(entry: &Entry) -> Timestamps {
    let time = Timespec { tv_sec: entry.seconds, tv_nsec: entry.nanos.into() };
    Timestamps { last_access: time, last_modification: time }
}
