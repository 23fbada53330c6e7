//! What a sender knows, and the turns that it takes with the receivers.

use super::answers::Answers;
use crate::cp::faults::Faults;
use indicatif::ProgressBar;
use posse_data::exclude::Excludes;
use posse_data::limits::{BATCH_MAX, DATA_BYTES_MAX, HEADER_BYTES};
use posse_data::{Encoder, Totals, answer};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, open};
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// What is to be read.
#[derive(Debug, Default)]
pub struct Reading {
    /// Directories with all that is in them.
    pub recursive: bool,
    /// `SRC/` means what is in it, which is to be the target.
    pub contents: bool,
    pub exclude: Excludes,
}

/// A file of the batch.
pub(super) struct Listed {
    pub path: PathBuf,
    /// It may be reached by a link.
    pub follow: bool,
    pub size: u64,
}

pub struct Sender<W, A> {
    pub(super) to: Encoder<W>,
    pub(super) answers: A,
    pub(super) reading: Reading,
    /// Room for a record of content.
    pub(super) record: Vec<u8>,
    pub(super) depth: usize,
    pub(super) batch: Vec<Listed>,
    /// Records of the list in this batch.
    pub(super) listed: usize,
    /// Grows as files are listed, moves as they are dealt with.
    pub bar: ProgressBar,
    pub faults: Faults,
}

impl<W: Write, A: Answers> Sender<W, A> {
    pub fn new(to: Encoder<W>, answers: A, reading: Reading) -> Sender<W, A> {
        let record = vec![0; HEADER_BYTES + DATA_BYTES_MAX];
        let (bar, faults) = (ProgressBar::hidden(), Faults::default());
        let (depth, batch, listed) = (0, Vec::new(), 0);
        Sender { to, answers, reading, record, depth, batch, listed, bar, faults }
    }

    pub fn end(&mut self) -> io::Result<Totals> {
        self.turn()?;
        self.to.end()
    }

    /// One more record of the list has been written.
    pub(super) fn count(&mut self) -> io::Result<()> {
        self.listed += 1;
        if self.listed < BATCH_MAX { Ok(()) } else { self.turn() }
    }

    /// Asks about the batch, sends what is lacked, and begins a new one.
    fn turn(&mut self) -> io::Result<()> {
        if self.listed == 0 {
            return Ok(());
        }
        self.answers.ask(self.batch.len(), answer::LACKS)?;
        self.to.ask()?;
        let wanted = self.answers.answer()?;
        let batch = std::mem::take(&mut self.batch);
        let numbered = || (0u32..).zip(batch.iter().zip(&wanted));
        for (number, (file, digit)) in numbered() {
            match *digit {
                answer::LACKS => self.whole(number, file)?,
                answer::ALIKE => {}
                _ => self.bar.inc(file.size),
            }
        }
        let alike = numbered().filter(|(_, (_, digit))| **digit == answer::ALIKE);
        self.recipes(alike.map(|(number, (file, _))| (number, file)))?;
        self.to.settle()?;
        self.listed = 0;
        Ok(())
    }

    /// A fault, not an error, where it cannot be read.
    pub(super) fn open(&mut self, listed: &Listed) -> Option<(Stat, File)> {
        // It may have become a pipe since it was looked at: that must not hold us up.
        let mut flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        flags.set(OFlags::NOFOLLOW, !listed.follow);
        let path = &listed.path;
        let opened = open(path, flags, Mode::empty()).and_then(|file| Ok((fstat(&file)?, file)));
        match opened {
            Ok((about, file)) if FileType::from_raw_mode(about.st_mode).is_file() => {
                Some((about, File::from(file)))
            }
            Ok(_) => {
                self.faults.add(format!("{}: is no regular file any more", path.display()));
                None
            }
            Err(errno) => {
                self.faults.add(format!("{}: {}", path.display(), io::Error::from(errno)));
                None
            }
        }
    }

    /// Whether a file has become another since `before`, which is a fault.
    pub(super) fn has_changed(&mut self, listed: &Listed, before: &Stat, file: &File) -> bool {
        let same = |after: Stat| {
            (after.st_size, after.st_mtime, after.st_mtime_nsec)
                == (before.st_size, before.st_mtime, before.st_mtime_nsec)
        };
        let changed = !fstat(file).is_ok_and(same);
        if changed {
            self.faults.add(format!("{}: changed while it was copied", listed.path.display()));
        }
        changed
    }
}
