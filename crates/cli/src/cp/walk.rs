//! Reads files and directories into a container. What cannot be read is a fault and is left out;
//! what is neither file, directory nor link is not copied. A source that is a link is followed,
//! links beneath it are kept. Runs where the files are. Called by `send.rs` and `spread.rs`.

use super::encode::Encoder;
use super::faults::Faults;
use super::limits::{DATA_BYTES_MAX, DEPTH_MAX, HEADER_BYTES};
use super::record::{Entry, Kind, Totals};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, lstat, open, stat};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub struct Walk<W> {
    to: Encoder<W>,
    recursive: bool,
    record: Vec<u8>,
    depth: usize,
    pub faults: Faults,
}

/// The name that a source has at the target.
pub fn name_of(path: &Path) -> io::Result<std::ffi::OsString> {
    if let Some(name) = path.file_name().filter(|_| !path.as_os_str().as_bytes().ends_with(b"/.")) {
        return Ok(name.to_owned());
    }
    let real = path.canonicalize()?;
    real.file_name().map(OsStr::to_owned).ok_or_else(|| io::Error::other("has no name"))
}

impl<W: Write> Walk<W> {
    pub fn new(to: Encoder<W>, recursive: bool) -> Walk<W> {
        let record = vec![0; HEADER_BYTES + DATA_BYTES_MAX];
        Walk { to, recursive, record, depth: 0, faults: Faults::default() }
    }

    /// One source; an error is one of the stream, and the end.
    pub fn source(&mut self, path: &Path) -> io::Result<()> {
        match stat(path).map_err(io::Error::from).and_then(|about| Ok((about, name_of(path)?))) {
            Ok((about, name)) => self.one(path, &name, &about, true),
            Err(error) => {
                self.faults.add(format!("{}: {error}", path.display()));
                Ok(())
            }
        }
    }

    pub fn end(&mut self) -> io::Result<Totals> {
        self.to.end()
    }

    fn one(&mut self, path: &Path, name: &OsStr, about: &Stat, follow: bool) -> io::Result<()> {
        match FileType::from_raw_mode(about.st_mode) {
            FileType::RegularFile => self.file(path, name, follow),
            FileType::Directory if !self.recursive => {
                self.faults.add(format!("{}: is a directory; give -r", path.display()));
                Ok(())
            }
            FileType::Directory => self.directory(path, name, about),
            FileType::Symlink => self.link(path, name, about),
            _ => {
                self.faults.add(format!("{}: is not a regular file", path.display()));
                Ok(())
            }
        }
    }

    fn file(&mut self, path: &Path, name: &OsStr, follow: bool) -> io::Result<()> {
        // It may have become a pipe since it was looked at: that must not hold us up.
        let mut flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        flags.set(OFlags::NOFOLLOW, !follow);
        let opened = open(path, flags, Mode::empty()).and_then(|file| Ok((fstat(&file)?, file)));
        let (before, mut file) = match opened {
            Ok((about, file)) if FileType::from_raw_mode(about.st_mode).is_file() => {
                (about, File::from(file))
            }
            Ok(_) => {
                self.faults.add(format!("{}: is no regular file any more", path.display()));
                return Ok(());
            }
            Err(errno) => {
                self.faults.add(format!("{}: {}", path.display(), io::Error::from(errno)));
                return Ok(());
            }
        };
        self.to.entry(&entry(Kind::File, name, &before))?;
        let read = self.content(&mut file, entry(Kind::File, name, &before).size)?;
        let same = |after: Stat| {
            (after.st_size, after.st_mtime, after.st_mtime_nsec)
                == (before.st_size, before.st_mtime, before.st_mtime_nsec)
        };
        let changed = !fstat(&file).is_ok_and(same);
        if let Err(error) = &read {
            self.faults.add(format!("{}: {error}; its copy is cut short", path.display()));
        } else if changed {
            self.faults.add(format!("{}: changed while it was copied", path.display()));
        }
        self.to.close(changed || read.is_err())
    }

    /// As much as the file had when it was opened, so that one that grows has an end; files that
    /// the kernel makes up say 0. The outer error is the stream's, the inner one the file's.
    fn content(&mut self, file: &mut File, size: u64) -> io::Result<io::Result<()>> {
        let mut left = if size == 0 { u64::MAX } else { size };
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(DATA_BYTES_MAX);
            match file.read(&mut self.record[HEADER_BYTES..HEADER_BYTES + want]) {
                Ok(0) => break,
                Ok(count) => {
                    self.to.data(&mut self.record[..HEADER_BYTES + count])?;
                    left -= count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }

    fn directory(&mut self, path: &Path, name: &OsStr, about: &Stat) -> io::Result<()> {
        let listed = std::fs::read_dir(path).and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()
        });
        let names = match listed {
            Ok(_) if self.depth == DEPTH_MAX => {
                self.faults.add(format!("{}: more than {DEPTH_MAX} deep", path.display()));
                return Ok(());
            }
            Ok(names) => names,
            Err(error) => {
                self.faults.add(format!("{}: {error}", path.display()));
                return Ok(());
            }
        };
        self.to.entry(&entry(Kind::Directory, name, about))?;
        self.depth += 1;
        for name in names {
            let path: PathBuf = path.join(&name);
            match lstat(&path) {
                Ok(about) => self.one(&path, &name, &about, false)?,
                Err(errno) => {
                    self.faults.add(format!("{}: {}", path.display(), io::Error::from(errno)));
                }
            }
        }
        self.depth -= 1;
        self.to.leave()
    }

    fn link(&mut self, path: &Path, name: &OsStr, about: &Stat) -> io::Result<()> {
        match std::fs::read_link(path) {
            Ok(target) => {
                let target = target.into_os_string().into_encoded_bytes();
                self.to.entry(&Entry { target, ..entry(Kind::Link, name, about) })
            }
            Err(error) => {
                self.faults.add(format!("{}: {error}", path.display()));
                Ok(())
            }
        }
    }
}

/// How many bytes the sources have, as far as that can be seen: for a bar.
pub fn size_of(path: &Path, recursive: bool) -> u64 {
    let Ok(about) = std::fs::metadata(path) else { return 0 };
    if about.is_file() {
        about.len()
    } else if recursive {
        size_below(path)
    } else {
        0
    }
}

fn size_below(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => size_below(&entry.path()),
        Ok(about) if about.is_file() => about.len(),
        _ => 0,
    });
    sizes.sum()
}

fn entry(kind: Kind, name: &OsStr, about: &Stat) -> Entry {
    Entry {
        kind,
        mode: about.st_mode & 0o7777,
        seconds: about.st_mtime,
        nanos: u32::try_from(about.st_mtime_nsec).unwrap_or(0).min(999_999_999),
        size: if kind == Kind::File { u64::try_from(about.st_size).unwrap_or(0) } else { 0 },
        name: name.as_bytes().to_vec(),
        target: Vec::new(),
    }
}
