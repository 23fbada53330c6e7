//! A host's disk: two files of one generation, a cache that a crash loses in any way, and an
//! fsync that takes time. What is durable is known to the world alone, for the checks.

use crate::chance::Chance;
use posse_control::consensus::{Hard, LogEntry, Persist, SnapshotMeta, Stored};
use posse_control::log::{Record, ScanError, Writer, replay, scan};
use std::collections::VecDeque;

/// What a disk loses as a whole.
const PAGE: usize = 512;

#[derive(Debug)]
pub enum Op {
    Append(Persist),
    /// The snapshot that came from the leader, and the log that begins with it.
    Switch(Persist, Vec<Vec<u8>>),
    /// Our own, whose log is asked for when it is written.
    Snapshot(SnapshotMeta, Vec<Vec<u8>>),
}

/// What was promised to be kept.
#[derive(Debug, Clone, Default)]
pub struct Durable {
    pub last: u64,
    pub hard: Hard,
    /// Index of the snapshot.
    pub snapshot: u64,
}

#[derive(Debug, Default)]
struct Generation {
    snapshot: Vec<u8>,
    log: Vec<u8>,
    synced: usize,
    writer: Writer,
}

#[derive(Debug, Default)]
pub struct Disk {
    files: Generation,
    before: Generation,
    /// Of the snapshot that is there.
    pub chunks: Vec<Vec<u8>>,
    pub meta: SnapshotMeta,
    pub queue: VecDeque<Op>,
    pub busy: Option<Op>,
    pub is_full: bool,
    pub durable: Durable,
}

fn snapshot_file(meta: &SnapshotMeta, chunks: &[Vec<u8>]) -> Vec<u8> {
    let (mut bytes, mut writer) = (vec![], Writer::default());
    writer.push(&Record::Snapshot(meta.clone()), &mut bytes);
    for chunk in chunks {
        writer.push(&Record::Chunk(chunk.clone()), &mut bytes);
    }
    writer.push(&Record::End, &mut bytes);
    bytes
}

impl Disk {
    /// Both files written whole, synced and given their names.
    pub fn switch(
        &mut self,
        meta: SnapshotMeta,
        chunks: Vec<Vec<u8>>,
        hard: Hard,
        log: Vec<LogEntry>,
    ) {
        let mut next =
            Generation { snapshot: snapshot_file(&meta, &chunks), ..Generation::default() };
        self.durable.last = log.last().map_or(meta.index, |entry| entry.index);
        self.durable.hard = hard;
        self.durable.snapshot = meta.index;
        next.writer.push(&Record::Hard(hard), &mut next.log);
        for entry in log {
            next.writer.push(&Record::Entry(entry), &mut next.log);
        }
        next.synced = next.log.len();
        next.writer.synced(next.synced as u64);
        self.before = std::mem::replace(&mut self.files, next);
        (self.meta, self.chunks) = (meta, chunks);
    }

    pub fn is_new(&self) -> bool {
        self.files.snapshot.is_empty()
    }

    /// Into the cache.
    pub fn write(&mut self, persist: &Persist) {
        let Generation { log, writer, .. } = &mut self.files;
        if let Some(hard) = persist.hard {
            writer.push(&Record::Hard(hard), log);
        }
        for entry in &persist.entries {
            writer.push(&Record::Entry(entry.clone()), log);
        }
    }

    /// Out of the cache.
    pub fn synced(&mut self, persist: &Persist) {
        self.files.synced = self.files.log.len();
        self.files.writer.synced(self.files.synced as u64);
        if let Some(hard) = persist.hard {
            self.durable.hard = hard;
        }
        if let Some(last) = persist.entries.last() {
            self.durable.last = last.index;
        }
    }

    /// Any pages of what was not synced are there, others are zeros, the end is anywhere.
    pub fn crash(&mut self, chance: &mut Chance, forget_generation: bool) {
        (self.busy, self.queue) = (None, VecDeque::new());
        let Generation { log, synced, .. } = &mut self.files;
        let upto = chance.between(*synced as u64, log.len() as u64) as usize;
        log.truncate(upto);
        for at in (*synced..upto).step_by(PAGE) {
            if chance.percent(30) {
                log[at..upto.min(at + PAGE)].fill(0);
            }
        }
        if forget_generation && !self.before.snapshot.is_empty() {
            self.files = std::mem::take(&mut self.before);
        }
    }

    /// What a start finds. The torn tail is cut.
    pub fn read(&mut self, keep_torn_tail: bool) -> Result<Stored, ScanError> {
        let snapshot = scan(&self.files.snapshot)?;
        let log = scan(&self.files.log)?;
        if keep_torn_tail {
            self.files.writer = Writer::behind(self.files.log.len() as u64);
        } else {
            self.files.log.truncate(log.good as usize);
            self.files.writer = Writer::behind(log.good);
            self.files.synced = log.good as usize;
        }
        let strange = ScanError::Strange { offset: 0 };
        let stored = replay(snapshot.records, log.records).map_err(|_| strange)?;
        self.durable.last = stored.entries.last().map_or(stored.meta.index, |e| e.index);
        self.durable.hard = stored.hard;
        Ok(stored)
    }
}
