//! Handing the two ends of a pipe to a running daemon: how a login that reaches a host where the
//! daemon already runs (a remade ssh) becomes that daemon's link. `link` offers, `daemon` accepts.

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

/// Says what comes with the descriptors; anything else is refused.
const MARK: &[u8] = b"posse link 1\n";

/// Waits for offers at `path`, of this user alone; a socket that a dead daemon left there goes.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    Ok(crate::local::listen(path)?)
}

/// Offers both ends to the daemon behind `socket`. The stream that comes back stays open for as
/// long as the daemon uses them: at its end the caller may go.
pub fn offer(socket: &Path, read: BorrowedFd<'_>, write: BorrowedFd<'_>) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(socket)?;
    let fds = [read, write];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(io::Error::other("no room for two descriptors"));
    }
    sendmsg(&stream, &[IoSlice::new(MARK)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(stream)
}

/// Whether a daemon takes offers there.
pub fn is_served(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

/// Takes an offer from a connection of the same user; `WouldBlock` where it has not come yet.
pub fn accept(stream: impl AsFd) -> io::Result<(OwnedFd, OwnedFd)> {
    let mut mark = [0; MARK.len()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got =
        recvmsg(stream, &mut [IoSliceMut::new(&mut mark)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut fds = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(fds) => Some(fds),
        _ => None,
    });
    let mut fds = fds.next().into_iter().flatten();
    match (fds.next(), fds.next()) {
        (Some(read), Some(write)) if got.bytes == MARK.len() && mark == *MARK => Ok((read, write)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "not an offer of a link")),
    }
}
