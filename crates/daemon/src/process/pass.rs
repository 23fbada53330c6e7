//! Hands descriptors to a child without unsafe code: they wait in a socket pair, one end of which
//! is the child's standard input. Used by `request.rs` (trampoline) and `keeper` (its daemon).

use super::limits;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Room for the descriptors of one message.
const SPACE: usize = rustix::cmsg_space!(ScmRights(limits::PIPES_MAX + 3));

/// A pair that keeps messages apart and says when the other end is closed.
pub fn pair() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
}

/// Sends one message; `data` must not be empty.
pub fn send(
    socket: impl AsFd,
    data: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> rustix::io::Result<()> {
    let mut space = [MaybeUninit::uninit(); SPACE];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fits = descriptors.is_empty() || control.push(SendAncillaryMessage::ScmRights(descriptors));
    if !fits {
        return Err(Errno::MSGSIZE);
    }
    sendmsg(socket, &[IoSlice::new(data)], &mut control, SendFlags::NOSIGNAL).map(drop)
}

/// Takes one message; its data is empty when the other end is closed.
pub fn receive(socket: impl AsFd, flags: RecvFlags) -> rustix::io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut data = vec![0; limits::REQUEST_BYTES_MAX];
    let mut space = [MaybeUninit::uninit(); SPACE];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = flags | RecvFlags::CMSG_CLOEXEC;
    let mut parts = [IoSliceMut::new(&mut data)];
    let bytes = recvmsg(socket, &mut parts, &mut control, flags)?.bytes;
    data.truncate(bytes);
    let mut descriptors = vec![];
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(list) = message {
            descriptors.extend(list);
        }
    }
    Ok((data, descriptors))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_arrive_in_order() {
        let (here, there) = pair().unwrap();
        let (read, write) = rustix::pipe::pipe().unwrap();
        send(&here, b"x", &[read.as_fd(), write.as_fd()]).unwrap();
        drop(here);
        let (data, list) = receive(&there, RecvFlags::empty()).unwrap();
        assert_eq!((data.as_slice(), list.len()), (&b"x"[..], 2));
        rustix::io::write(&list[1], b"hi").unwrap();
        let mut bytes = [0; 8];
        assert_eq!(rustix::io::read(&read, &mut bytes).unwrap(), 2);
        assert!(receive(&there, RecvFlags::empty()).unwrap().0.is_empty());
    }
}
