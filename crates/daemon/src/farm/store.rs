//! What tasks printed, on the holder's disk: one file a job, a record for each attempt whose end
//! came. Of a task with several the last counts. Called by `holder` and `desk`.

use posse_farm::letter::Output;
use posse_farm::{JobId, limits as farm};
use posse_wire::{decode_value, encode_value};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

/// Before each record: its length.
const HEAD_BYTES: u64 = 4;

pub(super) struct Store {
    directory: PathBuf,
    /// Ends of files that were written to in this life.
    ends: BTreeMap<JobId, u64>,
}

impl Store {
    pub fn new(directory: PathBuf) -> Store {
        Store { directory, ends: BTreeMap::new() }
    }

    fn path(&self, job: JobId) -> PathBuf {
        self.directory.join(format!("{job}.out"))
    }

    /// Returns its place. Not synced: the result counts without it.
    pub fn append(&mut self, output: &Output) -> io::Result<u64> {
        let job = output.lease.task.job;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(self.path(job))?;
        let end = match self.ends.get(&job) {
            Some(end) => *end,
            None => whole(&file)?,
        };
        let body = encode_value(output);
        let mut record = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
        record.extend_from_slice(&body);
        file.write_all_at(&record, end)?;
        self.ends.insert(job, end + record.len() as u64);
        Ok(end)
    }

    /// From this place on, about so many bytes; where that ends, and whether there may be more.
    pub fn read(&self, job: JobId, from: u64, bytes: usize) -> (Vec<Output>, u64, bool) {
        let Ok(file) = File::open(self.path(job)) else { return (Vec::new(), from, false) };
        let (mut at, mut outputs) = (from, Vec::new());
        while at - from < bytes as u64 {
            let Some((output, next)) = record_at(&file, at) else { return (outputs, at, false) };
            outputs.extend(output);
            at = next;
        }
        (outputs, at, true)
    }

    pub fn remove(&mut self, job: JobId) {
        self.ends.remove(&job);
        let _it_may_have_said_nothing = std::fs::remove_file(self.path(job));
    }
}

/// None where no whole record begins.
fn record_at(file: &File, at: u64) -> Option<(Option<Output>, u64)> {
    let mut head = [0; HEAD_BYTES as usize];
    file.read_exact_at(&mut head, at).ok()?;
    let length = u32::from_le_bytes(head) as usize;
    if length == 0 || length > farm::RECORD_BYTES_MAX {
        return None;
    }
    let mut body = vec![0; length];
    file.read_exact_at(&mut body, at + HEAD_BYTES).ok()?;
    Some((decode_value(&body).ok(), at + HEAD_BYTES + length as u64))
}

/// Where the whole records end: a crash may have cut the last one.
fn whole(file: &File) -> io::Result<u64> {
    let mut at = 0;
    while let Some((_, next)) = record_at(file, at) {
        at = next;
    }
    file.set_len(at)?;
    Ok(at)
}
