//! `posse send WORDS`, on a host: writes the container of its paths to stdout, and reads from stdin
//! what of it is lacked, where somebody answers. Started by `gather.rs` and `between.rs` through
//! the daemon.

use super::hidden::{at_home, complain, widen};
use super::manner::Words;
use super::sender::{Answers, Everything, Lines, Reading, Sender};
use posse_data::Encoder;
use posse_data::exclude::Excludes;
use posse_data::limits::DATA_BYTES_MAX;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let sent = Words::decode(args).and_then(|words| {
        let sent = match words.ask {
            true => send(&words, Lines::new(io::stdin().lock())),
            false => send(&words, Everything::default()),
        };
        sent.map_err(|error| format!("cannot send: {error}"))
    });
    complain(&sent.unwrap_or_else(|why| vec![why]))
}

fn send(words: &Words, answers: impl Answers) -> io::Result<Vec<String>> {
    let stdout = io::stdout();
    widen(&stdout);
    let out =
        BufWriter::with_capacity(DATA_BYTES_MAX, File::from(stdout.as_fd().try_clone_to_owned()?));
    let exclude = Excludes::new(&words.manner.exclude).map_err(io::Error::other)?;
    let contents = words.manner.mirror && words.paths.iter().any(|path| is_contents(path));
    let reading = Reading { recursive: words.recursive, contents, exclude };
    let mut sender = Sender::new(Encoder::new(out), answers, reading);
    for path in &words.paths {
        sender.source(Path::new(at_home(path)))?;
    }
    sender.end()?;
    Ok(sender.faults.lines())
}

/// As rsync(1): what is in a directory is meant, not the directory.
pub fn is_contents(path: &str) -> bool {
    let path = at_home(path);
    path == "." || path == ".." || ["/", "/.", "/.."].iter().any(|end| path.ends_with(end))
}
