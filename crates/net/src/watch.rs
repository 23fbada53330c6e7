//! Readiness of a descriptor, for whoever reads or writes it without blocking: links here, pipes
//! of processes in `daemon`.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

pub fn readable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    watch(fd, Interest::READABLE)
}

pub fn writable<F: AsRawFd>(fd: F) -> io::Result<AsyncFd<F>> {
    watch(fd, Interest::WRITABLE)
}

// Deprecated since some types lie about the descriptor they own; those of the standard library do
// not, and the replacement is `unsafe`.
#[allow(deprecated)]
fn watch<F: AsRawFd>(fd: F, interest: Interest) -> io::Result<AsyncFd<F>> {
    AsyncFd::with_interest(fd, interest)
}

pub fn both(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    watch(fd, Interest::READABLE | Interest::WRITABLE)
}
