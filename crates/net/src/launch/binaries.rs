//! The binaries that a launcher can send, one for each kind of host.
//!
//! For: images shared by all launches, with what the first stage must know of them. Not for:
//! building, reading or compressing them: the caller does that once. Called by the daemon.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::{Cause, LaunchError};
use crate::limits::BINARY_KINDS_MAX;

/// One binary.
#[derive(Clone)]
pub struct Binary {
    /// What `uname -s` and `uname -m` say where it runs: `Linux x86_64`.
    pub kind: String,
    /// SHA-256 of `plain`: its name in every cache.
    pub sha256: [u8; 32],
    pub plain: Bytes,
    pub gzip: Gzip,
}

/// `plain` through gzip.
#[derive(Clone, PartialEq, Eq)]
pub enum Gzip {
    /// There is none.
    No,
    /// Made by the caller once a host wants it: see `Action::Pack`.
    OnDemand,
    Ready(Bytes),
}

impl Binary {
    /// A binary whose hash is taken here.
    #[cfg(feature = "tls")]
    pub fn new(kind: &str, plain: Bytes, gzip: Gzip) -> Binary {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, &plain).as_ref());
        Binary { kind: kind.to_owned(), sha256, plain, gzip }
    }

    /// The hash as the caches and `sha256sum` write it.
    pub fn hash(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Binary({}, {} B, {})", self.kind, self.plain.len(), self.hash())
    }
}

/// All binaries at hand; cloning shares them.
#[derive(Debug, Clone)]
pub struct Binaries(Arc<[Binary]>);

impl Binaries {
    /// Refuses kinds that would not survive the trip through a shell, and doubles.
    pub fn new(binaries: Vec<Binary>) -> Result<Binaries, LaunchError> {
        let unusable = |text: String| LaunchError::new(Cause::Other, &text);
        if binaries.is_empty() || binaries.len() > BINARY_KINDS_MAX {
            return Err(unusable(format!(
                "{} binaries given, 1 to {BINARY_KINDS_MAX} can be sent",
                binaries.len()
            )));
        }
        for (index, binary) in binaries.iter().enumerate() {
            let sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
            if binary.kind.is_empty() || binary.kind.len() > 64 || !binary.kind.chars().all(sane) {
                return Err(unusable(format!("{:?} is no `uname -s -m`", binary.kind)));
            }
            if binaries[..index].iter().any(|other| other.kind == binary.kind) {
                return Err(unusable(format!("two binaries for {}", binary.kind)));
            }
        }
        Ok(Binaries(binaries.into()))
    }

    pub fn get(&self, index: usize) -> Option<&Binary> {
        self.0.get(index)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Binary> {
        self.0.iter()
    }
}
