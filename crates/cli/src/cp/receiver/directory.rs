//! Where directories are: a chain of names up to the target, opened name by name, so that no link
//! is followed, however the tree has changed since it was listed.

use crate::cp::place;
use posse_data::Entry;
use rustix::fs::{Mode, OFlags, openat};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;
use std::sync::Arc;

/// A directory within the target; the target itself has none above.
#[derive(Debug)]
pub(super) struct Place {
    pub above: Option<Rc<Place>>,
    pub name: OsString,
}

/// One that is open.
pub(super) struct Level {
    pub place: Rc<Place>,
    /// None where a dry run would make it.
    pub directory: Option<Arc<OwnedFd>>,
    pub entry: Entry,
    pub made: bool,
    /// What was listed in it, in order, where the rest is to be removed.
    pub names: Vec<Vec<u8>>,
}

/// One whose list is over.
pub(super) struct Left {
    pub level: Level,
    /// All of its list has come.
    pub complete: bool,
    /// A dry run would make it.
    pub absent: bool,
}

pub(super) struct Tree {
    pub place: place::Place,
    root: Rc<Place>,
    /// The one that was opened last: files come directory by directory.
    opened: Option<(Rc<Place>, Arc<OwnedFd>)>,
}

impl Place {
    fn names(&self) -> Vec<&OsStr> {
        let mut names = Vec::new();
        let mut at = self;
        while let Some(above) = &at.above {
            names.push(&*at.name);
            at = above;
        }
        names.reverse();
        names
    }

    /// Below the target, with slashes between names alone.
    pub fn path(&self, name: &OsStr) -> Vec<u8> {
        let mut names: Vec<&[u8]> = self.names().into_iter().map(OsStr::as_bytes).collect();
        names.push(name.as_bytes());
        names.join(&b'/')
    }
}

/// A directory by its name alone; a link is none.
pub(super) fn open_beneath(directory: &OwnedFd, name: &OsStr) -> io::Result<Arc<OwnedFd>> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(Arc::new(openat(directory, name, flags, Mode::empty())?))
}

impl Tree {
    pub fn new(place: place::Place) -> Tree {
        Tree { place, root: Rc::new(Place { above: None, name: OsString::new() }), opened: None }
    }

    pub fn root(&self) -> (Rc<Place>, Option<Arc<OwnedFd>>) {
        (self.root.clone(), (!self.place.absent).then(|| self.place.root.clone()))
    }

    pub fn open(&mut self, place: &Rc<Place>) -> io::Result<Arc<OwnedFd>> {
        if let Some((last, directory)) = &self.opened
            && Rc::ptr_eq(last, place)
        {
            return Ok(directory.clone());
        }
        let mut directory = self.place.root.clone();
        for name in place.names() {
            directory = open_beneath(&directory, name)?;
        }
        self.opened = Some((place.clone(), directory.clone()));
        Ok(directory)
    }

    /// For messages.
    pub fn shown(&self, place: &Place, name: &OsStr) -> String {
        let below = place.path(name);
        let missing = self.place.leaf.as_ref().filter(|_| self.place.absent);
        let root = missing.map_or(self.place.shown.clone(), |leaf| self.place.shown.join(leaf));
        root.join(OsStr::from_bytes(&below)).display().to_string()
    }
}
