//! `posse stage HASH NAME MACHINE [PROGRAM]`, on a host: says in a line on stdout whether the
//! program has to be sent, then reads it on stdin. Started by `Vm::stage` through the daemon.

use super::place::{folder, place, private, touch};
use crate::process::find_program;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Nothing is to be sent: the host has a program that `PROGRAM` names, or this very one.
const HAVE: &str = "have\n";
const WANT: &str = "want\n";

/// Machine of a program that runs on any, as scripts do.
const ANY: &str = "-";

/// The exit status of a program that can not be executed, as shells have it.
const NOT_EXECUTABLE: u8 = 126;

const BLOCK_BYTES: usize = 256 * 1024;

pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let words: Vec<String> = args.map(|word| word.to_string_lossy().into_owned()).collect();
    match put(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _nobody_listens = writeln!(io::stderr(), "{why}");
            NOT_EXECUTABLE.into()
        }
    }
}

fn put(words: &[String]) -> Result<(), String> {
    let [hash, name, machine, program @ ..] = words else {
        return Err("too few words; type `posse spawn --stage`".to_owned());
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    if program.first().is_some_and(|program| find_program(program, &path).is_ok()) {
        return say(HAVE);
    }
    let system = rustix::system::uname();
    let own = system.machine().to_string_lossy();
    if machine != ANY && *machine != own {
        return Err(format!("{name} is a program for {machine}, and this host is {own}"));
    }
    let place = folder().and_then(|folder| place(&folder, hash, name));
    let place = place.ok_or("there is no place for a program here: HOME is not set")?;
    if place.is_file() {
        touch(&place);
        return say(HAVE);
    }
    say(WANT)?;
    take(&place, hash)
        .map_err(|error| format!("{name} can not be kept at {}: {error}", place.display()))
}

fn say(line: &str) -> Result<(), String> {
    let mut out = io::stdout();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())
}

/// It gets its name when it is complete, so that nobody executes half of one.
fn take(place: &Path, hash: &str) -> io::Result<()> {
    let folder = place.parent().unwrap_or(place);
    // From the outermost that is ours on.
    for folder in [folder.parent().unwrap_or(folder), folder] {
        private(folder)?;
    }
    let part = Part(folder.join(format!(".t{:016x}", crate::launch::random())));
    let mut how = OpenOptions::new();
    let mut file = how.write(true).create_new(true).mode(0o700).open(&part.0)?;
    let found = copy(&mut io::stdin().lock(), &mut file)?;
    if found.to_hex().as_str() != hash {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "what came is not what was said"));
    }
    // Closed before it is executed.
    drop(file);
    fs::rename(&part.0, place)
}

fn copy(from: &mut impl Read, to: &mut File) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match from.read(&mut block) {
            Ok(0) => return Ok(hasher.finalize()),
            Ok(count) => {
                hasher.update(&block[..count]);
                to.write_all(&block[..count])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A file that goes unless it was renamed.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _was_renamed = fs::remove_file(&self.0);
    }
}
