//! What is in a file, and whether a file here is the same one as elsewhere. All of it reads, and
//! may take as long as a disk does: for threads beside the daemon's.

use super::limits::{PROBE_BYTES, READ_BYTES};
use posse_farm::files::Found;
use posse_wire::Content;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// What a file is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    pub content: Content,
    pub modified_ns: u64,
    pub probe: [u8; 32],
}

/// Reads a regular file to its end. An error where it changes meanwhile.
pub(crate) fn digest(file: &mut File) -> io::Result<Digest> {
    let before = file.metadata()?;
    if !before.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let (mut hasher, mut bytes) = (blake3::Hasher::new(), vec![0; READ_BYTES]);
    let mut size = 0;
    file.seek(SeekFrom::Start(0))?;
    loop {
        let count = match file.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&bytes[..count]);
        size += count as u64;
    }
    let after = file.metadata()?;
    let modified_ns = modified_ns(&before);
    if size != before.len() || after.len() != size || self::modified_ns(&after) != modified_ns {
        return Err(io::Error::other("it changed while it was read"));
    }
    let executable = before.mode() & 0o100 != 0;
    let content = Content { hash: *hasher.finalize().as_bytes(), size, executable };
    Ok(Digest { content, modified_ns, probe: probe(file, size)? })
}

/// In nanoseconds since 1970; 0 for what is older.
fn modified_ns(about: &Metadata) -> u64 {
    let nanos = i128::from(about.mtime()) * 1_000_000_000 + i128::from(about.mtime_nsec());
    u64::try_from(nanos).unwrap_or(0)
}

/// A hash of the file's beginning and end.
fn probe(file: &File, size: u64) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = vec![0; PROBE_BYTES.min(size) as usize];
    for at in [0, size - bytes.len() as u64] {
        file.read_exact_at(&mut bytes, at)?;
        hasher.update(&bytes);
    }
    Ok(*hasher.finalize().as_bytes())
}

/// Whether a file looks as it did, without reading all of it.
pub(super) fn is_unchanged(about: &Metadata, size: u64, modified: u64) -> bool {
    about.is_file() && about.len() == size && modified_ns(about) == modified
}

/// Whether what is at this path here is that file, seen through a shared file system.
pub(crate) fn is_same(path: &Path, found: &Found) -> bool {
    let size = found.content.size;
    let Ok(file) = File::open(path) else { return false };
    let looks = file.metadata().is_ok_and(|about| is_unchanged(&about, size, found.modified_ns));
    looks && probe(&file, size).is_ok_and(|probe| probe == found.probe)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_copy_is_the_same_only_with_size_time_and_ends() {
        let root = std::env::temp_dir().join(format!("posse-digest-{}", std::process::id()));
        std::fs::create_dir(&root).unwrap();
        let path = root.join("a");
        let write = |bytes: &[u8], second: u64| {
            std::fs::write(&path, bytes).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(second)).unwrap();
        };
        let mut long = vec![7; 300_000];
        write(&long, 5);
        let Digest { content, modified_ns, probe } =
            digest(&mut File::open(&path).unwrap()).unwrap();
        assert_eq!(
            (content.size, modified_ns, content.executable),
            (300_000, 5_000_000_000, false)
        );
        assert_eq!(content.hash, *blake3::hash(&long).as_bytes());
        let found = Found { content, modified_ns, probe, fixed: true };
        assert!(is_same(&path, &found));
        write(&long, 6);
        assert!(!is_same(&path, &found));
        long[299_999] = 8;
        write(&long, 5);
        assert!(!is_same(&path, &found));
        write(&long[1..], 5);
        assert!(!is_same(&path, &found) && !is_same(&root, &found));
        write(b"", 5);
        assert_eq!(digest(&mut File::open(&path).unwrap()).unwrap().content.size, 0);
        assert!(digest(&mut File::open(&root).unwrap()).is_err());
        std::fs::remove_dir_all(root).unwrap();
    }
}
