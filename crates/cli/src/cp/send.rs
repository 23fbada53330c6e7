//! `posse send FLAGS PATH…`, on a host: writes the container of these paths to stdout. Started by
//! `gather.rs` through the daemon.

use super::encode::Encoder;
use super::hidden::{Words, at_home, complain, widen};
use super::limits::DATA_BYTES_MAX;
use super::walk::Walk;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let words = Words::decode(args);
    complain(&send(&words).unwrap_or_else(|error| vec![format!("cannot send: {error}")]))
}

fn send(words: &Words) -> io::Result<Vec<String>> {
    let stdout = io::stdout();
    widen(&stdout);
    let out =
        BufWriter::with_capacity(DATA_BYTES_MAX, File::from(stdout.as_fd().try_clone_to_owned()?));
    let mut walk = Walk::new(Encoder::new(out), words.recursive);
    for path in &words.paths {
        walk.source(Path::new(at_home(path)))?;
    }
    walk.end()?;
    Ok(walk.faults.lines())
}
