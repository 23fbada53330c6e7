//! The chunks that are here already: of the file that is to be replaced, and of what came of the
//! new one before a copy was interrupted.

use super::output::open_file;
use crate::cp::temporary::partial_name;
use posse_data::limits::KNOWN_MAX;
use posse_data::{ChunkId, chunk};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

/// Where a chunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// In what is unfinished, not in the old file.
    pub partial: bool,
    pub offset: u64,
}

#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<ChunkId, Found>);

/// The two files themselves.
#[derive(Debug)]
pub(super) struct Sources {
    pub old: Option<File>,
    pub partial: Option<File>,
}

impl Sources {
    pub fn open(directory: &OwnedFd, name: &OsStr) -> Sources {
        let partial = open_file(directory, &partial_name(name)).ok();
        Sources { old: open_file(directory, name).ok(), partial }
    }

    /// The chunk, if it is still there.
    pub fn read(&self, found: Found, id: ChunkId) -> io::Result<Vec<u8>> {
        let file = if found.partial { &self.partial } else { &self.old };
        let mut bytes = vec![0; id.length as usize];
        let changed = || io::Error::other("changed while it was compared; sync again");
        file.as_ref().ok_or_else(changed)?.read_exact_at(&mut bytes, found.offset)?;
        if ChunkId::of(&bytes) == id { Ok(bytes) } else { Err(changed()) }
    }
}

impl Known {
    /// What cannot be read is not known.
    pub fn of(sources: &Sources) -> Known {
        let mut known = Known::default();
        for (partial, file) in [(false, &sources.old), (true, &sources.partial)] {
            let mut offset = 0;
            for (id, _) in file.iter().flat_map(chunk::cut).map_while(Result::ok) {
                if known.0.len() >= KNOWN_MAX {
                    return known;
                }
                known.0.entry(id).or_insert(Found { partial, offset });
                offset += u64::from(id.length);
            }
        }
        known
    }

    /// `at` is where the chunk is in the new file: a place that is the same there is best.
    pub fn find(&self, id: ChunkId) -> Option<Found> {
        self.0.get(&id).copied()
    }
}
