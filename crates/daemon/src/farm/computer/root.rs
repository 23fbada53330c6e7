//! Where a computer's files are, and how they are read. Called by the other files here.

use crate::farm::limits::SYSTEM_FILE_BYTES;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Names the directory that stands for `/`, where the computer's own `/dev`, `/proc` and `/sys`
/// are elsewhere: in a container that has them mounted, and in tests.
const ROOT_VARIABLE: &str = "POSSE_COMPUTER";

/// Where a computer's `dev`, `proc` and `sys` are.
#[derive(Debug, Clone)]
pub(in crate::farm) struct Computer {
    root: PathBuf,
}

impl Computer {
    /// The one that this daemon is on.
    pub fn here() -> Computer {
        let root = std::env::var_os(ROOT_VARIABLE).unwrap_or_else(|| "/".into());
        Computer { root: root.into() }
    }

    #[cfg(test)]
    pub fn at(root: &Path) -> Computer {
        Computer { root: root.to_owned() }
    }

    pub(super) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.root.join(below)
    }

    /// A file of the kernel's; as much of it as is believed to be sensible.
    pub(super) fn read(&self, below: impl AsRef<Path>) -> Option<String> {
        String::from_utf8(self.bytes(below)?).ok()
    }

    /// The same of a file that is no text.
    pub(super) fn bytes(&self, below: impl AsRef<Path>) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(self.path(below)).ok()?;
        file.take(SYSTEM_FILE_BYTES).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Names in a directory, in their order; those that begin with `prefix` and go on with a
    /// number by that number.
    pub(super) fn names(&self, below: impl AsRef<Path>, prefix: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(below)) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort_by_cached_key(|name| (number_behind(name, prefix), name.clone()));
        names
    }
}

/// `node12` behind `node` is 12.
pub(super) fn number_behind(name: &str, prefix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.parse().ok()
}
