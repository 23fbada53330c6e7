//! The journal of a holder on disk: written at once, synced off the thread of the daemon, one sync
//! for all that waits. Where the disk refuses, what came is kept and written first, later. Called
//! by `holder` and `retry`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NAME: &str = "journal";
const NEXT: &str = "journal.new";

/// Offsets are those of `posse_farm::holder::Effect::Journal`: over all files.
pub(super) struct Journal {
    directory: PathBuf,
    file: Arc<File>,
    /// Of the file.
    length: u64,
    written: u64,
    durable: u64,
    /// Not written yet, and where that ends.
    waiting: Vec<u8>,
    end: u64,
    syncing: bool,
    /// A file that takes the place of this one is being made.
    replacing: bool,
}

/// Whether there is one, of an earlier life.
pub(super) fn is_there(directory: &Path) -> bool {
    directory.join(NAME).exists()
}

impl Journal {
    /// Makes the directory where it is not there. Gives what the file holds.
    pub fn open(directory: &Path) -> io::Result<(Journal, Vec<u8>)> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let _there_is_seldom_one = fs::remove_file(directory.join(NEXT));
        let path = directory.join(NAME);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = file.open(&path)?;
        let bytes = fs::read(&path)?;
        File::open(directory)?.sync_all()?;
        let journal = Journal {
            directory: directory.to_owned(),
            file: Arc::new(file),
            length: 0,
            written: 0,
            durable: 0,
            waiting: Vec::new(),
            end: 0,
            syncing: false,
            replacing: false,
        };
        Ok((journal, bytes))
    }

    /// The file is good so far, and durable when this returns.
    pub fn begin_at(&mut self, good: u64) -> io::Result<()> {
        self.file.set_len(good)?;
        self.file.sync_data()?;
        (self.length, self.written, self.durable, self.end) = (good, good, good, good);
        Ok(())
    }

    pub fn written(&self) -> u64 {
        self.written
    }

    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// Where all ends that was given to it, written or not.
    pub fn end(&self) -> u64 {
        self.end
    }

    pub fn is_replacing(&self) -> bool {
        self.replacing
    }

    /// An error leaves what it was given to the next `flush`.
    pub fn append(&mut self, bytes: &[u8], upto: u64) -> io::Result<()> {
        self.waiting.extend_from_slice(bytes);
        self.end = upto;
        self.flush()
    }

    pub fn flush(&mut self) -> io::Result<()> {
        if self.replacing || self.waiting.is_empty() {
            return Ok(());
        }
        // At its place, so that what an earlier try left behind is written over.
        self.file.write_all_at(&self.waiting, self.length)?;
        self.length += self.waiting.len() as u64;
        self.waiting = Vec::new();
        self.written = self.end;
        Ok(())
    }

    /// What to sync, and what is durable then. `synced` is to follow.
    pub fn begin_sync(&mut self) -> Option<(Arc<File>, u64)> {
        if self.syncing || self.replacing || self.durable >= self.written {
            return None;
        }
        self.syncing = true;
        Some((self.file.clone(), self.written))
    }

    pub fn synced(&mut self, upto: Option<u64>) {
        self.syncing = false;
        self.durable = self.durable.max(upto.unwrap_or(0));
    }

    /// From here on everything waits until `replaced`.
    pub fn begin_replacing(&mut self) -> PathBuf {
        self.replacing = true;
        self.directory.clone()
    }

    /// The file now is this one, which ends at the offset `upto`.
    pub fn replaced(&mut self, file: File, length: u64, upto: u64) -> io::Result<()> {
        self.file = Arc::new(file);
        (self.length, self.written, self.durable) = (length, upto, upto);
        self.replacing = false;
        self.end = self.end.max(upto);
        self.flush()
    }
}

/// A journal with these bytes alone, in the place of the one that is there. Takes as long as the
/// disk does.
pub(super) fn replace(directory: &Path, bytes: &[u8]) -> io::Result<File> {
    let fresh = directory.join(NEXT);
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(&fresh, directory.join(NAME))?;
    File::open(directory)?.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_was_written_is_there_and_a_new_file_takes_its_place() {
        let folder = std::env::temp_dir().join(format!("posse-journal-{}", std::process::id()));
        let (mut journal, before) = Journal::open(&folder).unwrap();
        assert!(before.is_empty());
        journal.begin_at(0).unwrap();
        journal.append(b"abc", 3).unwrap();
        assert_eq!((journal.written(), journal.durable()), (3, 0));
        let (file, upto) = journal.begin_sync().unwrap();
        file.sync_data().unwrap();
        journal.synced(Some(upto));
        assert!(journal.begin_sync().is_none());
        let directory = journal.begin_replacing();
        journal.append(b"de", 10).unwrap();
        assert_eq!(journal.written(), 3);
        let file = replace(&directory, b"snap!").unwrap();
        journal.replaced(file, 5, 8).unwrap();
        assert_eq!((journal.written(), journal.durable()), (10, 8));
        let (mut journal, bytes) = Journal::open(&folder).unwrap();
        assert_eq!(bytes, b"snap!de");
        journal.begin_at(5).unwrap();
        assert_eq!(Journal::open(&folder).unwrap().1, b"snap!");
        fs::remove_dir_all(&folder).unwrap();
    }
}
