//! A second process for tests and the benchmark: this program again, with a socket as its stdin
//! over which plain numbers and descriptors go.
//!
//! In posse `net` hands descriptors over; this is the least that does it.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use std::env;
use std::io::{IoSlice, IoSliceMut, Result, stdin};
use std::mem::MaybeUninit;
use std::process::{Child, Command};

/// What the second process is to do; it is this process's second half if the variable is there.
const ROLE: &str = "POSSE_SHM_ROLE";

/// Descriptors in one message.
const DESCRIPTORS: usize = 8;

/// The second process, ended when this is dropped.
pub struct Second {
    pub child: Child,
    pub line: OwnedFd,
}

impl Second {
    /// Starts this program with these arguments in this role.
    pub fn start(role: &str, args: &[&str]) -> Result<Second> {
        let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
        let (ours, theirs) = socketpair(family, kind, SocketFlags::CLOEXEC, None)?;
        let mut command = Command::new(env::current_exe()?);
        let child = command.args(args).env(ROLE, role).stdin(theirs).spawn()?;
        Ok(Second { child, line: ours })
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The role of this process, if it is a second one.
pub fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// The second process's line to the first.
pub fn line() -> Result<OwnedFd> {
    stdin().as_fd().try_clone_to_owned()
}

/// Sends numbers and descriptors.
pub fn send(line: &OwnedFd, numbers: &[u64], fds: &[BorrowedFd<'_>]) -> Result<()> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(fds)), "too many descriptors");
    }
    sendmsg(line, &[IoSlice::new(&bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives what was sent at once; no numbers are the end of the other process.
pub fn receive(line: &OwnedFd) -> Result<(Vec<u64>, Vec<OwnedFd>)> {
    let mut bytes = [0; 256];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let slices = &mut [IoSliceMut::new(&mut bytes)];
    let got = recvmsg(line, slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut fds = vec![];
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    let (words, _) = bytes[..got.bytes].as_chunks::<8>();
    Ok((words.iter().map(|word| u64::from_ne_bytes(*word)).collect(), fds))
}
