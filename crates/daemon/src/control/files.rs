//! The two files of a voter in the vm's private directory: a snapshot, and the log behind it. All
//! of it blocks: run by `writer` on a thread of its own, and once at start.
//!
//! A new generation is written beside the old one. The moment it counts is the renaming of its
//! snapshot; a log whose first record names another snapshot is of the generation before, and its
//! successor waits under its own name.

use super::generation::{Fresh, Held, index_of};
use posse_control::consensus::{Hard, LogEntry, SnapshotMeta, Stored};
use posse_control::log::{Record, Scan, ScanError, Writer, replay, scan};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

pub(super) const SNAPSHOT: &str = "control.snapshot";
pub(super) const LOG: &str = "control.log";
pub(super) const SNAPSHOT_NEW: &str = "control.snapshot.new";
pub(super) const SNAPSHOT_IN: &str = "control.snapshot.in";
pub(super) const LOG_NEW: &str = "control.log.new";

/// All there may be, for whoever removes them.
pub(crate) const NAMES: [&str; 5] = [SNAPSHOT, LOG, SNAPSHOT_NEW, SNAPSHOT_IN, LOG_NEW];

/// The log that is being written.
pub(super) struct Files {
    pub directory: PathBuf,
    pub log: File,
    pub writer: Writer,
    pub hard: Hard,
}

/// What a start finds.
pub(super) enum Found {
    Nothing,
    Kept(Box<Stored>, Files, Held),
    /// The disk lost what it had kept, or another version wrote it.
    Unusable(String),
}

pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true).read(true).mode(0o600).open(path)
}

pub(super) fn remove(directory: &Path) {
    for name in NAMES {
        let _may_never_have_existed = fs::remove_file(directory.join(name));
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some),
    }
}

/// Which snapshot a log stands behind.
fn begins_with(scan: &Scan) -> Option<&SnapshotMeta> {
    match scan.records.first() {
        Some(Record::Snapshot(meta)) => Some(meta),
        _ => None,
    }
}

pub(super) fn load(directory: &Path) -> io::Result<Found> {
    let Some(bytes) = read(&directory.join(SNAPSHOT))? else { return Ok(Found::Nothing) };
    let unusable =
        |file: &str, error: &dyn std::fmt::Display| Ok(Found::Unusable(format!("{file}: {error}")));
    let snapshot = match scan(&bytes) {
        Ok(snapshot) => snapshot,
        Err(error) => return unusable(SNAPSHOT, &error),
    };
    drop(bytes);
    let mut metas = snapshot.records.iter().filter_map(|record| match record {
        Record::Snapshot(meta) => Some(meta.clone()),
        _ => None,
    });
    let Some(meta) = metas.next_back() else { return unusable(SNAPSHOT, &"it is not whole") };
    let log = match log_of(directory, &meta)? {
        Ok(log) => log,
        Err(error) => return unusable(LOG, &error),
    };
    let file = OpenOptions::new().write(true).read(true).open(directory.join(LOG))?;
    file.set_len(log.good)?;
    let writer = Writer::behind(log.good);
    let held = index_of(directory, meta.index, &snapshot.records)?;
    match replay(snapshot.records, log.records) {
        Err(error) => unusable(SNAPSHOT, &error),
        Ok(stored) => {
            let (directory, hard) = (directory.to_owned(), stored.hard);
            let files = Files { directory, log: file, writer, hard };
            Ok(Found::Kept(Box::new(stored), files, held))
        }
    }
}

/// The log of this snapshot, which has its name from here on.
fn log_of(directory: &Path, meta: &SnapshotMeta) -> io::Result<Result<Scan, ScanError>> {
    let current = scan(&read(&directory.join(LOG))?.unwrap_or_default());
    if current.as_ref().is_ok_and(|log| begins_with(log) == Some(meta)) {
        return Ok(current);
    }
    // Died between the two renamings: the new one was durable before the first.
    let next = scan(&read(&directory.join(LOG_NEW))?.unwrap_or_default());
    if next.as_ref().is_ok_and(|log| begins_with(log) == Some(meta)) {
        fs::rename(directory.join(LOG_NEW), directory.join(LOG))?;
        File::open(directory)?.sync_all()?;
        return Ok(next);
    }
    Ok(current.and(Err(ScanError::Strange { offset: 0 })))
}

/// Files for one that begins with this.
pub(super) fn begin(directory: &Path, stored: &Stored) -> io::Result<(Files, Held)> {
    let mut fresh = Fresh::begin(directory, SNAPSHOT_NEW)?;
    let mut cursor = Default::default();
    while let Some(chunk) = stored.state.chunk(&mut cursor) {
        fresh.push(&chunk)?;
    }
    fresh.finish(&stored.meta, stored.hard, &stored.entries)
}

impl Files {
    /// Behind what is there; as if nothing had been tried where it fails.
    pub fn append(
        &mut self,
        hard: Option<Hard>,
        entries: &[LogEntry],
        sync: bool,
    ) -> io::Result<()> {
        let (before, mut bytes) = (self.writer.clone(), Vec::new());
        if let Some(hard) = hard {
            self.writer.push(&Record::Hard(hard), &mut bytes);
        }
        for entry in entries {
            self.writer.push(&Record::Entry(entry.clone()), &mut bytes);
        }
        let start = before.written();
        let written = self.write_at(start, &bytes, sync);
        match written {
            Ok(()) => {
                if sync {
                    self.writer.synced(self.writer.written());
                }
                self.hard = hard.unwrap_or(self.hard);
            }
            Err(_) => {
                // What may be there of it is written over by the next try.
                self.writer = before;
                self.writer.cut(start);
                let _a_torn_tail_is_cut_at_start = self.log.set_len(start);
            }
        }
        written
    }

    fn write_at(&mut self, start: u64, bytes: &[u8], sync: bool) -> io::Result<()> {
        self.log.seek(SeekFrom::Start(start))?;
        self.log.write_all(bytes)?;
        if sync { self.log.sync_data() } else { Ok(()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use posse_control::consensus::{Matter, VoterId, founded};
    use posse_wire::{HostId, Incarnation};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("posse-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn entry(index: u64) -> LogEntry {
        LogEntry { term: 2, index, matter: Matter::Command(vec![7; 40]) }
    }

    fn kept(folder: &Path) -> (Stored, Files, Held) {
        match load(folder).unwrap() {
            Found::Kept(stored, files, held) => (*stored, files, held),
            Found::Nothing => panic!("nothing"),
            Found::Unusable(why) => panic!("{why}"),
        }
    }

    #[test]
    fn what_was_written_is_there_and_a_torn_tail_is_cut() {
        let folder = folder("files");
        assert!(matches!(load(&folder).unwrap(), Found::Nothing));
        let me = VoterId::new(HostId::OWNER, Incarnation(1));
        let (mut files, _) = begin(&folder, &founded(me)).unwrap();
        let hard = Hard { term: 2, vote: Some(me), commit: 3 };
        files.append(Some(hard), &[entry(2), entry(3)], true).unwrap();
        files.append(None, &[entry(4)], true).unwrap();
        let length = files.log.metadata().unwrap().len();
        files.log.set_len(length - 5).unwrap();
        let (stored, mut files, held) = kept(&folder);
        assert_eq!(stored.entries, [entry(2), entry(3)]);
        assert_eq!((stored.hard, files.hard, held.index), (hard, hard, 1));
        files.append(None, &[entry(4)], true).unwrap();
        assert_eq!(kept(&folder).0.entries.len(), 3);
        // A write that fails leaves what was there.
        let broken = File::open(folder.join(LOG)).unwrap();
        let whole = std::mem::replace(&mut files.log, broken);
        assert!(files.append(None, &[entry(5)], true).is_err());
        files.log = whole;
        files.append(None, &[entry(5)], true).unwrap();
        assert_eq!(kept(&folder).0.entries.len(), 4);
        remove(&folder);
        fs::remove_dir(&folder).unwrap();
    }

    #[test]
    fn a_death_between_the_two_renamings_is_made_up_for() {
        let folder = folder("generations");
        let me = VoterId::new(HostId::OWNER, Incarnation(1));
        let (mut files, _) = begin(&folder, &founded(me)).unwrap();
        files.append(None, &[entry(2), entry(3)], true).unwrap();
        let old = fs::read(folder.join(LOG)).unwrap();
        let mut next = founded(me);
        (next.meta.index, next.state.index) = (3, 3);
        next.entries = vec![entry(4)];
        begin(&folder, &next).unwrap();
        fs::rename(folder.join(LOG), folder.join(LOG_NEW)).unwrap();
        fs::write(folder.join(LOG), &old).unwrap();
        assert_eq!(kept(&folder).0.entries, [entry(4)]);
        assert_eq!(kept(&folder).0.meta.index, 3);
        // With the new one gone as well there is no log that fits.
        fs::write(folder.join(LOG), &old).unwrap();
        assert!(matches!(load(&folder).unwrap(), Found::Unusable(_)));
        // Damage is told, with its place.
        begin(&folder, &next).unwrap();
        let mut bytes = fs::read(folder.join(SNAPSHOT)).unwrap();
        bytes[20] ^= 1;
        fs::write(folder.join(SNAPSHOT), &bytes).unwrap();
        assert!(matches!(load(&folder).unwrap(), Found::Unusable(_)));
        remove(&folder);
        fs::remove_dir(&folder).unwrap();
    }
}
