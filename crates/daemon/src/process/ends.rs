//! The pipes of one process: the daemon's ends never block, both sides close on exec. Called by
//! `start.rs`.

use super::error::StartError;
use super::limits;
use super::start::End;
use posse_wire::msg::Pipe;
use rustix::fs::OFlags;
use rustix::pipe::{PipeFlags, pipe_with};
use std::os::fd::{AsFd, OwnedFd};

/// The child's side: which descriptor it is to have there.
pub struct ChildEnd {
    pub fd: u16,
    pub end: OwnedFd,
}

/// Opens all pipes but those that `taken` says are something else (a terminal).
pub fn open(
    pipes: &[Pipe],
    taken: impl Fn(u16) -> bool,
) -> Result<(Vec<End>, Vec<ChildEnd>), StartError> {
    if pipes.len() > limits::PIPES_MAX {
        let (count, most) = (pipes.len(), limits::PIPES_MAX);
        return Err(StartError::new(format!("{count} descriptors are too many; {most} may be")));
    }
    let (mut ours, mut theirs): (Vec<End>, Vec<ChildEnd>) = (vec![], vec![]);
    for pipe in pipes.iter().filter(|pipe| !taken(pipe.fd)) {
        if theirs.iter().any(|other| other.fd == pipe.fd) {
            return Err(StartError::new(format!("descriptor {} is named twice", pipe.fd)));
        }
        let failed = |error| StartError::system("cannot open a pipe", error);
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
        let (end, own) = if pipe.input { (read, write) } else { (write, read) };
        set_nonblocking(&own).map_err(failed)?;
        ours.push(End { fd: pipe.fd, input: pipe.input, pipe: own });
        theirs.push(ChildEnd { fd: pipe.fd, end });
    }
    Ok((ours, theirs))
}

pub fn set_nonblocking(fd: impl AsFd) -> rustix::io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(&fd)?;
    rustix::fs::fcntl_setfl(&fd, flags | OFlags::NONBLOCK)
}
