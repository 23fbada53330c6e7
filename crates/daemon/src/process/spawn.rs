//! The last step of a start: `std::process::Command` in a form that it turns into posix_spawn(3),
//! which does not copy the daemon's memory map. For this moment the daemon itself has the soft
//! limit of open files that a process is to have. Called by `start.rs`, `request.rs`, `load.rs`.

use super::context::HostContext;
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

/// What the command has as descriptors 0 to 2; /dev/null where there is none.
pub type ThreeEnds = [Option<OwnedFd>; 3];

/// Starts `command`, and drops it with the ends of pipes that it holds.
pub fn spawn(context: &HostContext, mut command: Command, ends: ThreeEnds) -> io::Result<Pid> {
    // Opened here and not by `Command`, which would do it under the lowered limit.
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    let null = rustix::fs::open("/dev/null", flags, Mode::empty())?;
    let stdio = |end: Option<OwnedFd>| -> io::Result<Stdio> {
        Ok(end.map_or_else(|| null.try_clone(), Ok)?.into())
    };
    let [input, output, errors] = ends;
    command.stdin(stdio(input)?).stdout(stdio(output)?).stderr(stdio(errors)?);
    let _lowered = context.open_files.and_then(Lowered::to);
    command.spawn().map(|child| Pid::from_child(&child))
}

/// The daemon's soft limit of open files, lower until this is dropped.
struct Lowered {
    before: Rlimit,
}

impl Lowered {
    /// None where it is not above `most` anyhow.
    fn to(most: u64) -> Option<Lowered> {
        let before = getrlimit(Resource::Nofile);
        if before.current.is_some_and(|current| current <= most) {
            return None;
        }
        let lower = Rlimit { current: Some(most), maximum: before.maximum };
        setrlimit(Resource::Nofile, lower).ok()?;
        Some(Lowered { before })
    }
}

impl Drop for Lowered {
    fn drop(&mut self) {
        // It was allowed before, and the hard limit has not changed.
        let _ = setrlimit(Resource::Nofile, self.before);
    }
}
