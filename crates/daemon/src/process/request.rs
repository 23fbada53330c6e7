//! What a trampoline is asked to do, and the daemon's side of asking. The other side is
//! `trampoline.rs`. Called by `start.rs` for everything that a plain start cannot do.

use super::context::HostContext;
use super::ends::ChildEnd;
use super::environment::Environment;
use super::error::StartError;
use super::program::Resolved;
use super::spawn::spawn;
use super::{limits, pass};
use posse_wire::msg::ResourceLimit;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::RecvFlags;
use rustix::process::{Pid, WaitOptions, waitpid};
use serde::{Deserialize, Serialize};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The rest is in the trampoline's own arguments, environment, directory and umask, which the
/// program inherits from it.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    pub limits: Vec<ResourceLimit>,
    pub nice: i32,
    /// The first descriptor is a terminal: lead a session on it, and have it as 0, 1 and 2.
    pub terminal: bool,
    /// The numbers of the (other) descriptors that follow the message.
    pub numbers: Vec<u16>,
}

/// Starts `program` by way of our own binary.
pub fn start(
    context: &HostContext,
    program: &Resolved,
    environment: &Environment,
    request: &Request,
    descriptors: (Option<OwnedFd>, Vec<ChildEnd>),
) -> Result<Pid, StartError> {
    let failed = |error| StartError::system("cannot start", error);
    let encoded = postcard::to_allocvec(request)
        .ok()
        .filter(|bytes| bytes.len() <= limits::REQUEST_BYTES_MAX)
        .ok_or_else(|| StartError::new("too many resource limits"))?;
    let (ours, theirs) = pass::pair().map_err(failed)?;
    let (terminal, pipes) = descriptors;
    let list: Vec<BorrowedFd<'_>> =
        terminal.iter().chain(pipes.iter().map(|pipe| &pipe.end)).map(AsFd::as_fd).collect();
    pass::send(&ours, &encoded, &list).map_err(failed)?;
    drop(list);
    let mut command = Command::new(&context.binary);
    command.arg0("posse").arg("trampoline").arg(&program.path).arg(&program.name);
    command.arg(&program.arg0).args(&program.args).env_clear().envs(environment);
    if !request.terminal {
        command.process_group(0);
    }
    let pid = spawn(context, command, [Some(theirs), None, None])
        .map_err(|error| StartError::exec("posse", &error))?;
    drop((pipes, terminal));
    match report(&ours) {
        None => Ok(pid),
        Some(why) => {
            // It exits as soon as it has said so: reaped here, nobody ever hears of it.
            let _ = waitpid(Some(pid), WaitOptions::empty());
            Err(StartError::new(why))
        }
    }
}

/// Why the trampoline could not do it; None once the program runs.
fn report(socket: &OwnedFd) -> Option<String> {
    let within = Timespec::try_from(limits::TRAMPOLINE_WITHIN).ok();
    let mut fds = [PollFd::new(socket, PollFlags::IN)];
    match poll(&mut fds, within.as_ref()) {
        Ok(1..) => {
            let (data, _) = pass::receive(socket, RecvFlags::DONTWAIT).ok()?;
            (!data.is_empty()).then(|| String::from_utf8_lossy(&data).into_owned())
        }
        _ => None,
    }
}
