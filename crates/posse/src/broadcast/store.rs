//! Where the log puts bytes that do not fit into memory: an unlinked temporary file.
//!
//! Positions are the log's business. Called by `log` alone.

use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// Random access to bytes; the log's only way to the outside.
pub(super) trait Store {
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<()>;
    /// Nothing in it is needed any more.
    fn clear(&mut self) -> io::Result<()>;
}

/// Made when the first byte is written; the system removes it with its last descriptor.
#[derive(Debug, Default)]
pub(super) struct TemporaryFile {
    file: Option<File>,
}

impl TemporaryFile {
    fn file(&mut self) -> io::Result<&File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => create()?,
        };
        Ok(self.file.insert(file))
    }
}

impl Store for TemporaryFile {
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file()?.write_all_at(bytes, at)
    }

    fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file()?.read_exact_at(bytes, at)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.set_len(0))
    }
}

/// `/tmp` comes last because it is memory on many systems, which is what is to be saved.
fn create() -> io::Result<File> {
    let chosen = std::env::var_os("TMPDIR").map(PathBuf::from);
    let usual = ["/var/tmp", "/tmp"].map(PathBuf::from);
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for directory in chosen.into_iter().chain(usual) {
        match create_in(&directory) {
            Ok(file) => return Ok(file),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn create_in(directory: &std::path::Path) -> io::Result<File> {
    let mode = Mode::RUSR | Mode::WUSR;
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    if let Ok(file) = rustix::fs::open(directory, flags | OFlags::TMPFILE, mode) {
        return Ok(File::from(file));
    }
    // Not every file system (nor every kernel from 3.10 on) has O_TMPFILE. The name need not be
    // secret: O_EXCL refuses one that exists.
    let name = format!(".posse-spill-{}-{:p}", std::process::id(), &raw const mode);
    let path = directory.join(name);
    let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
    let file = rustix::fs::open(&path, flags, mode)?;
    rustix::fs::unlink(&path)?;
    Ok(File::from(file))
}
