//! One unlinked temporary file for what does not fit in memory: one descriptor however many hosts
//! there are, and nothing left behind however posse ends. Called by `store.rs` only.

use super::limits::SPILL_BYTES_MAX;
use rustix::fs::{FallocateFlags, Mode, OFlags, fallocate, open};
use std::env;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;

/// Where and how much may be spilled.
#[derive(Clone)]
pub struct Spilling {
    /// Tried in order.
    pub folders: Vec<PathBuf>,
    pub bytes: u64,
}

impl Default for Spilling {
    /// As sort(1) does, but before /tmp, which is often memory, /var/tmp, which is not.
    fn default() -> Spilling {
        let chosen = env::var_os("TMPDIR").filter(|folder| !folder.is_empty());
        let folders = match chosen {
            Some(folder) => vec![folder.into()],
            None => vec!["/var/tmp".into(), "/tmp".into()],
        };
        Spilling { folders, bytes: SPILL_BYTES_MAX }
    }
}

pub struct Spill {
    spilling: Spilling,
    file: Option<File>,
    /// Space is taken at the end only; what is freed in the midst is given back as holes.
    end: u64,
    used: u64,
}

impl Spill {
    pub fn new(spilling: Spilling) -> Spill {
        Spill { spilling, file: None, end: 0, used: 0 }
    }

    /// Where the pieces now stand, one after the other. Nothing is taken if it fails.
    pub fn write(&mut self, pieces: &[Vec<u8>]) -> io::Result<u64> {
        let length: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        if self.used + length > self.spilling.bytes {
            let what = format!(
                "output held back for a later time passed {} bytes; \
                 use --out DIR, or --merge which holds nothing back",
                self.spilling.bytes
            );
            return Err(io::Error::other(what));
        }
        let start = self.end;
        let file = self.file()?;
        let mut place = start;
        for piece in pieces {
            file.write_all_at(piece, place).map_err(failed)?;
            place += piece.len() as u64;
        }
        self.end = place;
        self.used += length;
        Ok(start)
    }

    pub fn read(&self, place: u64, into: &mut [u8]) -> io::Result<()> {
        let missing = || io::Error::other("nothing was spilled yet");
        self.file.as_ref().ok_or_else(missing)?.read_exact_at(into, place)
    }

    /// Gives the space back to the disk, where the file system can.
    pub fn free(&mut self, place: u64, length: u64) {
        self.used -= length.min(self.used);
        if let Some(file) = &self.file {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            // Where it cannot the space is free when the command is over.
            let _ = fallocate(file, flags, place, length);
        }
    }

    fn file(&mut self) -> io::Result<&File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.create()?,
        };
        Ok(self.file.insert(file))
    }

    fn create(&self) -> io::Result<File> {
        let mut failure = io::Error::other("no folder for temporary files");
        for folder in &self.spilling.folders {
            match unlinked(folder) {
                Ok(file) => return Ok(file),
                Err(error) => failure = error,
            }
        }
        Err(failed(failure))
    }
}

fn unlinked(folder: &Path) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    if let Ok(file) = open(folder, flags, Mode::RUSR | Mode::WUSR) {
        return Ok(file.into());
    }
    // Before Linux 3.11, and on file systems without O_TMPFILE.
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for attempt in 0..100 {
        let path = folder.join(format!(".posse-output-{}-{attempt}", process::id()));
        let mut options = OpenOptions::new();
        match options.read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn failed(error: io::Error) -> io::Error {
    let what = format!(
        "cannot keep output in a temporary file: {error}; \
         set TMPDIR to a folder with space, or use --out DIR"
    );
    io::Error::new(error.kind(), what)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut spill = Spill::new(Spilling::default());
        assert!(spill.read(0, &mut [0]).is_err());
        assert_eq!(spill.write(&[b"abc".to_vec(), b"de".to_vec()]).unwrap(), 0);
        assert_eq!(spill.write(&[b"fgh".to_vec()]).unwrap(), 5);
        let mut into = [0; 4];
        spill.read(3, &mut into).unwrap();
        assert_eq!(&into, b"defg");
        spill.free(0, 5);
        assert_eq!(spill.used, 3);
    }

    #[test]
    fn a_missing_folder_is_named_with_a_way_out() {
        let folders = vec!["/nonexistent/posse".into()];
        let mut spill = Spill::new(Spilling { folders, bytes: 10 });
        let error = spill.write(&[b"a".to_vec()]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains("TMPDIR"));
    }

    #[test]
    fn the_disk_is_not_filled() {
        let mut spill = Spill::new(Spilling { bytes: 4, ..Spilling::default() });
        let place = spill.write(&[b"abcd".to_vec()]).unwrap();
        assert!(spill.write(&[b"e".to_vec()]).unwrap_err().to_string().contains("--out"));
        spill.free(place, 4);
        assert!(spill.write(&[b"e".to_vec()]).is_ok());
    }

    #[test]
    fn no_name_is_left_in_the_folder() {
        let folder = env::temp_dir().join(format!("posse-spill-test-{}", process::id()));
        fs::create_dir(&folder).unwrap();
        let spilling = Spilling { folders: vec![folder.clone()], bytes: 100 };
        let mut spill = Spill::new(spilling);
        spill.write(&[b"a".to_vec()]).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir(&folder).unwrap();
    }
}
