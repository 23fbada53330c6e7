//! Handing the two ends of a pipe to a running daemon: how a login that reaches a host where the
//! daemon already runs (a remade ssh) becomes that daemon's link. `link` offers, `daemon` accepts.

use crate::descriptors;
use std::io::{self, IoSlice};
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
    descriptors::send(&stream, &[IoSlice::new(MARK)], &[read, write])?;
    Ok(stream)
}

/// Whether a daemon takes offers there.
pub fn is_served(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

/// Takes an offer from a connection of the same user; `WouldBlock` where it has not come yet.
pub fn accept(stream: impl AsFd) -> io::Result<(OwnedFd, OwnedFd)> {
    let mut mark = [0; MARK.len()];
    let mut fds = Vec::new();
    let count = descriptors::receive(stream, &mut mark, &mut fds)?;
    let mut fds = fds.into_iter();
    match (fds.next(), fds.next()) {
        (Some(read), Some(write)) if count == MARK.len() && mark == *MARK => Ok((read, write)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "not an offer of a link")),
    }
}
