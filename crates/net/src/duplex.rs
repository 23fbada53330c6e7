//! Two descriptors as one byte stream, for the TLS handshake over a pair of pipes (`exec`
//! launchers). Afterwards `link.rs` takes the descriptors back.

use crate::watch;
use bytes::Bytes;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub struct Duplex {
    read: AsyncFd<OwnedFd>,
    write: AsyncFd<OwnedFd>,
    /// Bytes that were read before, and come first.
    early: Bytes,
}

impl Duplex {
    pub fn new(read: OwnedFd, write: OwnedFd, early: Bytes) -> io::Result<Duplex> {
        for fd in [&read, &write] {
            rustix::io::ioctl_fionbio(fd, true)?;
        }
        Ok(Duplex { read: watch::readable(read)?, write: watch::writable(write)?, early })
    }

    pub fn into_parts(self) -> (OwnedFd, OwnedFd) {
        (self.read.into_inner(), self.write.into_inner())
    }
}

impl AsyncRead for Duplex {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.early.is_empty() {
            let count = buffer.remaining().min(self.early.len());
            buffer.put_slice(&self.early.split_to(count));
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut ready = ready!(self.read.poll_read_ready(cx))?;
            match rustix::io::read(&self.read, buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(rustix::io::Errno::AGAIN) => ready.clear_ready(),
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }
}

impl AsyncWrite for Duplex {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.write.poll_write_ready(cx))?;
            match rustix::io::write(&self.write, bytes) {
                Ok(count) => return Poll::Ready(Ok(count)),
                Err(rustix::io::Errno::AGAIN) => ready.clear_ready(),
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
