//! What a receiver knows, and which of its parts takes a record.

use super::assemble::Group;
use super::content::Writing;
use super::directory::{Left, Level, Tree};
use crate::cp::faults::Faults;
use crate::cp::limits::SHOWN_BYTES_MAX;
use crate::cp::manner::Manner;
use crate::cp::place::Place;
use crate::cp::talk::{Change, Item};
use crate::cp::temporary::Temporaries;
use posse_data::exclude::Excludes;
use posse_data::{Asked, Entry, Malformed, Record, Totals, answer};
use rustix::io::Errno;
use std::ffi::OsString;
use std::io;
use std::rc::Rc;

/// Why nothing more can be written.
#[derive(Debug, PartialEq, Eq)]
pub struct Stop(pub String);

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Stop {
        Stop(malformed.to_string())
    }
}

/// A file of the batch.
#[derive(Debug)]
pub(super) struct Slot {
    /// Within the tree.
    pub directory: Rc<super::directory::Place>,
    /// Here.
    pub name: OsString,
    pub entry: Entry,
}

pub struct Receiver {
    pub(super) manner: Manner,
    pub(super) excludes: Excludes,
    pub(super) umask: u32,
    pub(super) temporaries: Temporaries,
    pub(super) tree: Tree,
    /// Open directories.
    pub(super) levels: Vec<Level>,
    /// Directories within one that could not be made, itself included.
    pub(super) skipped: usize,
    pub(super) slots: Vec<Rc<Slot>>,
    /// What is wanted of each of them; none where that is over.
    pub(super) answers: Vec<u8>,
    pub(super) left: Vec<Left>,
    pub(super) writing: Option<Writing>,
    pub(super) group: Group,
    /// What was done since the caller last looked.
    pub items: Vec<Item>,
    pub faults: Faults,
    pub totals: Option<Totals>,
    /// Files that got new content.
    pub written: u64,
    pub deleted: u64,
}

impl Receiver {
    /// Says which pattern makes no sense.
    pub fn new(
        place: Place,
        manner: Manner,
        umask: u32,
        temporaries: Temporaries,
    ) -> Result<Receiver, String> {
        Ok(Receiver {
            excludes: Excludes::new(&manner.exclude)?,
            manner,
            umask,
            temporaries,
            tree: Tree::new(place),
            levels: Vec::new(),
            skipped: 0,
            slots: Vec::new(),
            answers: Vec::new(),
            left: Vec::new(),
            writing: None,
            group: Group::default(),
            items: Vec::new(),
            faults: Faults::default(),
            totals: None,
            written: 0,
            deleted: 0,
        })
    }

    /// Takes a record, in the order that the decoder sees to; gives the answer to a question.
    pub fn take(&mut self, record: Record<'_>) -> Result<Option<Vec<u8>>, Stop> {
        match record {
            Record::Control(_) => Ok(()),
            Record::Entry(entry) => self.enter(entry),
            Record::Leave { complete } => {
                self.leave(complete);
                Ok(())
            }
            Record::Ask(Asked::Files) => return Ok(Some(self.answers.clone())),
            Record::Ask(Asked::Chunks) => return Ok(Some(self.lacked_chunks())),
            Record::Content(file) => self.begin(file as usize),
            Record::Data(bytes) => self.write(bytes),
            // That a file changed is said where it was read.
            Record::Close(close) => self.close(close.ending),
            Record::Recipe(piece) => {
                self.plan(piece);
                Ok(())
            }
            Record::Chunk { number, bytes } => self.chunk(number, bytes),
            Record::Given => self.given(),
            Record::Settle => self.settle(),
            Record::End(totals) => {
                self.totals = Some(totals);
                Ok(())
            }
        }?;
        Ok(None)
    }

    /// Notes what went wrong with one path; the end of all where the next one would fare alike.
    pub(super) fn fault(&mut self, shown: &str, error: &io::Error) -> Result<(), Stop> {
        let text = format!("{shown}: {error}");
        let full = [Errno::NOSPC, Errno::DQUOT, Errno::ROFS, Errno::IO, Errno::MFILE];
        if Errno::from_io_error(error).is_some_and(|errno| full.contains(&errno)) {
            return Err(Stop(text));
        }
        self.faults.add(text);
        Ok(())
    }

    /// A file that cannot be had: nothing more of it is taken.
    pub(super) fn lose(&mut self, file: usize, error: &io::Error) -> Result<(), Stop> {
        if let Some(answer) = self.answers.get_mut(file) {
            *answer = answer::HAS;
        }
        let Some(slot) = self.slots.get(file).cloned() else { return Ok(()) };
        let shown = self.tree.shown(&slot.directory, &slot.name);
        self.fault(&shown, error)
    }

    pub(super) fn item(&mut self, change: Change, path: &[u8]) {
        if self.manner.itemize {
            let path = path.get(..SHOWN_BYTES_MAX).unwrap_or(path);
            let path = String::from_utf8_lossy(path).into_owned();
            self.items.push(Item { path, change });
        }
    }
}
