//! `posse staged HASH NAME PROGRAM ARGS…`, on a host: becomes the program that `PROGRAM` names, or
//! where there is none the one that was sent. Started by the daemon for `Command::staged`.

use super::place::{folder, place, touch};
use crate::process::find_program;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// As shells have them.
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = args.collect();
    let [hash, name, program, args @ ..] = &words[..] else { return NOT_FOUND.into() };
    let Some(found) = found(hash, name, program) else {
        let _nobody_listens = writeln!(io::stderr(), "{}: command not found", program.display());
        return NOT_FOUND.into();
    };
    let mut error = Command::new(&found).arg0(program).args(args).exec();
    if error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) {
        // Without `#!`, as execvp(3) does.
        error = Command::new("/bin/sh").arg(&found).args(args).exec();
    }
    let _nobody_listens = writeln!(io::stderr(), "{}: {error}", program.display());
    NOT_EXECUTABLE.into()
}

fn found(hash: &OsString, name: &OsString, program: &OsString) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Ok(own) = find_program(program.to_str()?, &path) {
        return Some(own);
    }
    let place = place(&folder()?, hash.to_str()?, name.to_str()?)?;
    place.is_file().then(|| {
        touch(&place);
        place
    })
}
