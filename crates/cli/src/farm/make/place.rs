//! A directory of one run of make, private to the user: the shell that make calls, what lines have
//! in common, and how many tasks the job has.

use crate::error::Error;
use posse::farm::JobId;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Directories of processes that died without removing theirs, and had our number.
const NAMES_TRIED: u32 = 16;

pub struct Place {
    path: PathBuf,
}

/// What all lines of a run have in common.
#[derive(Serialize, Deserialize, Debug, Default)]
pub struct Common {
    pub vm: Option<String>,
    pub job: u32,
    /// A hostset; empty: all.
    pub hosts: String,
    /// As make got it: what lines have beside it are variables of the makefile.
    pub environment: Vec<(String, String)>,
}

impl Common {
    pub fn job(&self) -> JobId {
        JobId(self.job)
    }
}

impl Place {
    /// Makes it, with the shell that runs this program for each line.
    pub fn make(common: &Common) -> Result<Place, Error> {
        let place = Place { path: directory()? };
        let own = std::env::current_exe()?;
        let (own, path) = (shown(&own)?, shown(&place.path)?);
        let word = super::line::WORD;
        let script = format!("#!/bin/sh\nexec {own} {word} {path} \"$@\"\n");
        place.write("sh", 0o700, script.as_bytes())?;
        let common = serde_json::to_vec(common).map_err(|why| Error::usage(why.to_string()))?;
        place.write("common", 0o600, &common)?;
        place.write("count", 0o600, b"0")?;
        Ok(place)
    }

    /// That of another process.
    pub fn at(path: &Path) -> Place {
        Place { path: path.to_owned() }
    }

    /// What make calls in place of the shell.
    pub fn shell(&self) -> PathBuf {
        self.path.join("sh")
    }

    pub fn common(&self) -> Result<Common, Error> {
        let text = std::fs::read(self.path.join("common"))?;
        serde_json::from_slice(&text).map_err(|why| Error::usage(why.to_string()))
    }

    /// Has `act` add a task to the job: it gets how many there are, where that is known, and gives
    /// how many there are then. One line of make at a time, since two that add the same number
    /// would be taken for one that asks twice.
    pub fn add(&self, act: impl FnOnce(Option<u32>) -> Result<u32, Error>) -> Result<(), Error> {
        let mut file = OpenOptions::new().read(true).write(true).open(self.path.join("count"))?;
        flock(&file, FlockOperation::LockExclusive).map_err(std::io::Error::from)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // Whoever dies in the middle leaves it empty.
        file.set_len(0)?;
        let count = act(text.parse().ok())?;
        replace(&mut file, count)?;
        Ok(())
    }

    pub fn remove(&self) {
        let _it_is_in_a_directory_that_is_cleaned = std::fs::remove_dir_all(&self.path);
    }

    fn write(&self, name: &str, mode: u32, bytes: &[u8]) -> Result<(), Error> {
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create_new(true).mode(mode).open(self.path.join(name))?;
        Ok(file.write_all(bytes)?)
    }
}

/// A new one. Its path is a word for make, which has no quotes.
fn directory() -> Result<PathBuf, Error> {
    let above = std::env::temp_dir();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-.+".contains(c);
    if !above.to_str().is_some_and(|text| text.chars().all(is_plain)) {
        let text = format!("make can not call a shell in {}", above.display());
        return Err(Error::usage(text).hint("TMPDIR=/tmp posse make ..."));
    }
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    for number in 0..NAMES_TRIED {
        let path = above.join(format!("posse-make-{}-{number}", std::process::id()));
        match builder.create(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => return Ok(made.map(|()| path)?),
        }
    }
    Err(Error::usage(format!("old directories posse-make-* are in {}", above.display())))
}

fn replace(file: &mut File, count: u32) -> std::io::Result<()> {
    file.rewind()?;
    file.write_all(count.to_string().as_bytes())
}

/// For a line of shell.
fn shown(path: &Path) -> Result<String, Error> {
    let text = path.to_str();
    let text = text.ok_or_else(|| Error::usage(format!("{} is not UTF-8", path.display())))?;
    Ok(posse_work::quote(text).into_owned())
}
