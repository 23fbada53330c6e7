//! A new generation of a voter's files: a snapshot piece by piece, then its log, then both under
//! their names; and the pieces of the one that is there, for followers. Called by `files` and
//! `writer`, where blocking is allowed.

use super::files::{Files, LOG, LOG_NEW, SNAPSHOT, create};
use posse_control::consensus::{Hard, LogEntry, SnapshotMeta};
use posse_control::log::{HEADER_BYTES, Record, Writer};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A snapshot that is being written.
pub(super) struct Fresh {
    directory: PathBuf,
    path: PathBuf,
    file: File,
    writer: Writer,
    /// Where the record of each piece is, and how long.
    places: Vec<(u64, usize)>,
}

/// The snapshot that is there.
#[derive(Clone)]
pub(super) struct Held {
    pub index: u64,
    file: Arc<File>,
    places: Arc<[(u64, usize)]>,
}

impl Fresh {
    pub fn begin(directory: &Path, name: &str) -> io::Result<Fresh> {
        let path = directory.join(name);
        let file = create(&path)?;
        let (writer, places) = (Writer::default(), Vec::new());
        Ok(Fresh { directory: directory.to_owned(), path, file, writer, places })
    }

    pub fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        let start = self.writer.written();
        self.record(&Record::Chunk(chunk.to_vec()))?;
        self.places.push((start, (self.writer.written() - start) as usize));
        Ok(())
    }

    pub fn pieces(&self) -> u64 {
        self.places.len() as u64
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.writer.push(record, &mut bytes);
        self.file.write_all(&bytes)
    }

    /// Makes it the generation that counts, with a log that holds this.
    pub fn finish(
        mut self,
        meta: &SnapshotMeta,
        hard: Hard,
        entries: &[LogEntry],
    ) -> io::Result<(Files, Held)> {
        self.record(&Record::Snapshot(meta.clone()))?;
        self.record(&Record::End)?;
        self.file.sync_data()?;
        let new = self.directory.join(LOG_NEW);
        let (mut log, mut writer, mut bytes) = (create(&new)?, Writer::default(), Vec::new());
        writer.push(&Record::Snapshot(meta.clone()), &mut bytes);
        writer.push(&Record::Hard(hard), &mut bytes);
        for entry in entries {
            writer.push(&Record::Entry(entry.clone()), &mut bytes);
        }
        log.write_all(&bytes)?;
        log.sync_data()?;
        writer.synced(writer.written());
        // Both names are to be durable before the old log's name is another's.
        let directory = File::open(&self.directory)?;
        directory.sync_all()?;
        fs::rename(&self.path, self.directory.join(SNAPSHOT))?;
        directory.sync_all()?;
        fs::rename(&new, self.directory.join(LOG))?;
        directory.sync_all()?;
        let (file, places) = (Arc::new(self.file), self.places.into());
        let files = Files { directory: self.directory, log, writer, hard };
        Ok((files, Held { index: meta.index, file, places }))
    }
}

/// Of a snapshot that was read.
pub(super) fn index_of(directory: &Path, index: u64, records: &[Record]) -> io::Result<Held> {
    let (mut at, mut places, mut writer) = (0, Vec::new(), Writer::default());
    for record in records {
        let mut bytes = Vec::new();
        writer.push(record, &mut bytes);
        if matches!(record, Record::Chunk(_)) {
            places.push((at, bytes.len()));
        }
        at = writer.written();
    }
    let file = Arc::new(File::open(directory.join(SNAPSHOT))?);
    Ok(Held { index, file, places: places.into() })
}

impl Held {
    /// A piece for a follower; empty behind the last.
    pub fn piece(&self, number: u64) -> io::Result<Vec<u8>> {
        let place = usize::try_from(number).ok().and_then(|number| self.places.get(number));
        let Some((at, length)) = place else { return Ok(Vec::new()) };
        let mut bytes = vec![0; *length];
        self.file.read_exact_at(&mut bytes, *at)?;
        match posse_wire::decode_value(&bytes[HEADER_BYTES.min(*length)..]) {
            Ok(Record::Chunk(piece)) => Ok(piece),
            _ => Err(io::Error::other("a piece of the snapshot does not decode")),
        }
    }
}
