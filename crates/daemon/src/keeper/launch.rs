//! Starts a keeper detached from the caller: no terminal, no stray descriptors, its errors in a
//! log. Called by `posse up` (the owner's daemon, local hosts) and `posse link`.

use super::options::Options;
use super::{stray, turn};
use crate::process::{LAUNCH_MARK, TOKEN_NAME, pass};
use rustix::process::Pid;
use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{io, process};

/// Returns the keeper's pid. `log` is appended to; its daemon gets `descriptors`, in this order,
/// from [`super::attend`]. The caller's environment is theirs too, with
/// `environment` added.
pub fn launch(
    options: &Options,
    log: &Path,
    descriptors: &[BorrowedFd<'_>],
    environment: &[(&str, &str)],
) -> io::Result<Pid> {
    let (ours, theirs) = pass::pair()?;
    pass::send(&ours, b"descriptors", descriptors)?;
    let log = turn::log_of_this_life(log)?;
    let mut words = stray::closing(&stray::strays());
    let mut command = if words.is_empty() {
        let mut command = Command::new("/proc/self/exe");
        command.arg0("posse");
        command
    } else {
        let mut command = Command::new(words.remove(0));
        command.args(words).arg(own_path());
        command
    };
    // The keeper of a local host is no command's and outlives the crash of the owner's daemon.
    if std::env::var_os(TOKEN_NAME).is_none() {
        command.env(LAUNCH_MARK.0, LAUNCH_MARK.1);
    }
    command.envs(environment.iter().copied());
    command.arg("keeper").args(options.to_args());
    command.stdin(theirs).stdout(Stdio::null()).stderr(log);
    // The keeper makes a session of its own; as the leader of a group it could not.
    let child = command.spawn()?;
    Ok(Pid::from_child(&child))
}

/// Of this program, as another one can execute it.
fn own_path() -> OsString {
    match std::env::current_exe() {
        Ok(path) if path.exists() => path.into(),
        // Unlinked (`--ram`): there while this process is.
        _ => format!("/proc/{}/exe", process::id()).into(),
    }
}
