//! Lists a tree: directories in the order of their names, each with what is in it.

use super::answers::Answers;
use super::state::{Listed, Sender};
use posse_data::limits::DEPTH_MAX;
use posse_data::{Entry, Kind};
use rustix::fs::{FileType, Stat, lstat, stat};
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The name that a source has at the target.
fn name_of(path: &Path) -> io::Result<OsString> {
    if let Some(name) = path.file_name().filter(|_| !path.as_os_str().as_bytes().ends_with(b"/.")) {
        return Ok(name.to_owned());
    }
    let real = path.canonicalize()?;
    real.file_name().map(OsStr::to_owned).ok_or_else(|| io::Error::other("has no name"))
}

/// Something of the tree.
struct Found<'a> {
    path: &'a Path,
    /// Where it is in the target.
    below: &'a [u8],
    name: &'a OsStr,
    about: Stat,
    follow: bool,
}

impl<W: Write, A: Answers> Sender<W, A> {
    /// One source; an error is one of the stream, and the end.
    pub fn source(&mut self, path: &Path) -> io::Result<()> {
        match stat(path).map_err(io::Error::from).and_then(|about| Ok((about, name_of(path)?))) {
            Ok((about, _)) if self.reading.contents && is_directory(&about) => {
                self.root(path, &about)
            }
            Ok((about, name)) => {
                let below = name.as_bytes();
                if self.reading.exclude.has(below, is_directory(&about)) {
                    return Ok(());
                }
                self.one(&Found { path, below, name: &name, about, follow: true }).map(drop)
            }
            Err(error) => {
                self.faults.add(format!("{}: {error}", path.display()));
                Ok(())
            }
        }
    }

    fn root(&mut self, path: &Path, about: &Stat) -> io::Result<()> {
        let Some(names) = self.names(path) else { return Ok(()) };
        self.to.entry(&entry(Kind::Directory, OsStr::new("."), about).root())?;
        self.count()?;
        self.within(path, b"", names)
    }

    /// Whether it is in the list.
    fn one(&mut self, found: &Found) -> io::Result<bool> {
        let (path, name) = (found.path, found.name);
        match FileType::from_raw_mode(found.about.st_mode) {
            FileType::RegularFile => {
                let entry = entry(Kind::File, name, &found.about);
                let (path, follow, size) = (path.to_owned(), found.follow, entry.size);
                self.bar.inc_length(size);
                self.batch.push(Listed { path, follow, size });
                self.to.entry(&entry)?;
                self.count()?;
            }
            FileType::Directory if !self.reading.recursive => {
                self.faults.add(format!("{}: is a directory; give -r", path.display()));
                return Ok(false);
            }
            FileType::Directory => return self.directory(found),
            FileType::Symlink => return self.link(found),
            _ => {
                self.faults.add(format!("{}: is not a regular file", path.display()));
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What is in a directory; none, and a fault, where that cannot be known.
    fn names(&mut self, path: &Path) -> Option<Vec<OsString>> {
        let listed = std::fs::read_dir(path).and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()
        });
        match listed {
            Ok(_) if self.depth == DEPTH_MAX => {
                self.faults.add(format!("{}: more than {DEPTH_MAX} deep", path.display()));
                None
            }
            Ok(mut names) => {
                names.sort_unstable();
                Some(names)
            }
            Err(error) => {
                self.faults.add(format!("{}: {error}", path.display()));
                None
            }
        }
    }

    fn directory(&mut self, found: &Found) -> io::Result<bool> {
        let Some(names) = self.names(found.path) else { return Ok(false) };
        self.to.entry(&entry(Kind::Directory, found.name, &found.about))?;
        self.count()?;
        self.within(found.path, found.below, names)?;
        Ok(true)
    }

    /// What is in a directory that has been entered, and its end.
    fn within(&mut self, path: &Path, below: &[u8], names: Vec<OsString>) -> io::Result<()> {
        self.depth += 1;
        let mut complete = true;
        for name in names {
            let path = path.join(&name);
            let slash: &[u8] = if below.is_empty() { b"" } else { b"/" };
            let below = [below, slash, name.as_bytes()].concat();
            match lstat(&path) {
                Ok(about) if self.reading.exclude.has(&below, is_directory(&about)) => {}
                Ok(about) => {
                    let (path, below, name) = (&*path, &*below, &*name);
                    complete &= self.one(&Found { path, below, name, about, follow: false })?;
                }
                Err(errno) => {
                    complete = false;
                    self.faults.add(format!("{}: {}", path.display(), io::Error::from(errno)));
                }
            }
        }
        self.depth -= 1;
        self.to.leave(complete)?;
        self.count()
    }

    fn link(&mut self, found: &Found) -> io::Result<bool> {
        match std::fs::read_link(found.path) {
            Ok(target) => {
                let target = target.into_os_string().into_encoded_bytes();
                self.to.entry(&Entry { target, ..entry(Kind::Link, found.name, &found.about) })?;
                self.count()?;
                Ok(true)
            }
            Err(error) => {
                self.faults.add(format!("{}: {error}", found.path.display()));
                Ok(false)
            }
        }
    }
}

fn is_directory(about: &Stat) -> bool {
    FileType::from_raw_mode(about.st_mode).is_dir()
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
