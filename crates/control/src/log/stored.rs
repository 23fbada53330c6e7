//! From the records of the two files to what a voter starts with. Called at start.

use super::record::Record;
use crate::consensus::{Hard, LogEntry, SnapshotMeta, Stored};
use crate::state::{Loader, StateError};

/// What the log's records come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    pub hard: Hard,
    pub entries: Vec<LogEntry>,
}

/// Both files' records. A snapshot's file without its end is the caller's to refuse: it is only
/// given a name when it is whole.
pub fn replay(snapshot: Vec<Record>, log: Vec<Record>) -> Result<Stored, StateError> {
    let (mut meta, mut loader, mut whole) = (SnapshotMeta::default(), Loader::default(), false);
    for record in snapshot {
        match record {
            Record::Snapshot(found) => meta = found,
            Record::Chunk(bytes) => loader.push(&bytes)?,
            Record::End => whole = true,
            Record::Hard(_) | Record::Entry(_) => return Err(StateError::Misplaced),
        }
    }
    if !whole {
        return Err(StateError::Incomplete);
    }
    let state = loader.finish()?;
    let Replayed { hard, entries } = log_of(log)?;
    Ok(Stored { meta, state, hard, entries })
}

fn log_of(records: Vec<Record>) -> Result<Replayed, StateError> {
    let mut log = Replayed::default();
    for record in records {
        match record {
            Record::Hard(hard) => log.hard = hard,
            Record::Entry(entry) => log.push(entry),
            Record::Snapshot(_) | Record::End => {}
            Record::Chunk(_) => return Err(StateError::Misplaced),
        }
    }
    Ok(log)
}

impl Replayed {
    fn push(&mut self, entry: LogEntry) {
        while self.entries.last().is_some_and(|last| last.index >= entry.index) {
            self.entries.pop();
        }
        self.entries.push(entry);
    }
}
