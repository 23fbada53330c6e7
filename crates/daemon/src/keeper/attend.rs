//! What a daemon does first: takes the descriptors that its keeper hands it, and ties itself to
//! the keeper's life. Called by `posse daemon`.

use crate::process::pass;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::RecvFlags;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::stdio;
use std::io;
use std::os::fd::OwnedFd;

/// A daemon's inheritance.
#[derive(Debug)]
pub struct Attended {
    /// In the order given to [`super::launch`]; none when started again after a crash.
    pub descriptors: Vec<OwnedFd>,
    pub keeper: Option<Pid>,
}

/// From now on the daemon gets SIGTERM if its keeper is killed, so that it still ends what it
/// started. Standard input is /dev/null afterwards.
pub fn attend() -> io::Result<Attended> {
    set_parent_process_death_signal(Some(Signal::TERM))?;
    let descriptors = match pass::receive(stdio::stdin(), RecvFlags::DONTWAIT) {
        Ok((_, descriptors)) => descriptors,
        // Nothing came, or no keeper started this daemon.
        Err(Errno::NOTSOCK | Errno::AGAIN) => vec![],
        Err(error) => return Err(error.into()),
    };
    forget_stdin()?;
    Ok(Attended { descriptors, keeper: getppid() })
}

pub(super) fn forget_stdin() -> io::Result<()> {
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    Ok(stdio::dup2_stdin(null)?)
}
