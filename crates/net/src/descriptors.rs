//! Descriptors that go over a unix socket with some bytes (SCM_RIGHTS of unix(7)), and pairs of
//! such sockets.
//!
//! For: handing pipes, sockets and shared memory to a process of this user. Called by `handover`
//! and `link`, and by processes that share memory (`posse`).

use crate::limits::DESCRIPTORS_MAX;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Two sockets that are each other's other end. They do not block, and close on exec.
pub fn pair() -> Result<(OwnedFd, OwnedFd), Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

/// Sends the bytes, and the descriptors with the first of them; says how many bytes were taken.
pub fn send(
    socket: impl AsFd,
    bytes: &[IoSlice<'_>],
    fds: &[BorrowedFd<'_>],
) -> Result<usize, Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(Errno::INVAL);
    }
    sendmsg(socket, bytes, &mut control, SendFlags::NOSIGNAL)
}

/// Reads bytes, and appends the descriptors that came with them: never later than the first byte
/// with which they were sent.
pub fn receive(
    socket: impl AsFd,
    bytes: &mut [u8],
    fds: &mut impl Extend<OwnedFd>,
) -> Result<usize, Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut slices = [IoSliceMut::new(bytes)];
    let got = recvmsg(socket, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(came) = message {
            fds.extend(came);
        }
    }
    Ok(got.bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_come_with_their_bytes() {
        let (a, b) = pair().unwrap();
        let (c, d) = pair().unwrap();
        assert_eq!(send(&a, &[IoSlice::new(b"plain")], &[]), Ok(5));
        assert_eq!(send(&a, &[IoSlice::new(b"with")], &[c.as_fd()]), Ok(4));
        let (mut bytes, mut fds) = ([0; 64], Vec::new());
        let mut count = receive(&b, &mut bytes, &mut fds).unwrap();
        while count < 9 {
            count += receive(&b, &mut bytes[count..], &mut fds).unwrap();
        }
        assert_eq!((&bytes[..count], fds.len()), (&b"plainwith"[..], 1));
        send(&fds[0], &[IoSlice::new(b"x")], &[]).unwrap();
        assert_eq!(receive(&d, &mut bytes, &mut Vec::new()), Ok(1));
        assert_eq!(receive(&b, &mut bytes, &mut Vec::new()), Err(Errno::AGAIN));
        drop(a);
        assert_eq!(receive(&b, &mut bytes, &mut Vec::new()), Ok(0));
    }
}
