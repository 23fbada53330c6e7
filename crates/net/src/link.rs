//! A link's bytes: frames in, frames out, over any pair of descriptors (ssh pipe, socket pair,
//! unix socket), or sealed by TLS over a pipe or TCP. Knows nothing of what the frames mean;
//! `daemon` pumps it. Never blocks.

use crate::descriptors;
use crate::limits::{JOIN_BYTES_MAX, READ_BYTES_MAX};
use crate::output::Output;
use crate::seal::Seal;
use bytes::{Bytes, BytesMut};
use posse_wire::{Frame, Kind, WireError, decode_frame, limits};
use rustix::io::Errno;
use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use thiserror::Error;
use tokio::io::unix::AsyncFd;

thread_local! {
    /// All links of a daemon read through one buffer: an idle link holds no memory of its own.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES_MAX]);
}

/// What ends a link.
#[derive(Debug, Error)]
pub enum LinkError {
    #[error("the other end closed it")]
    Closed,
    #[error("the other end does not read; too much waits for it")]
    Stuck,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Wire(#[from] WireError),
}

/// The two directions of a link and what waits in them.
#[derive(Debug)]
pub struct Link {
    read: AsyncFd<OwnedFd>,
    /// Watched while something waits: else each read of the peer's would wake us for nothing.
    write: OwnedFd,
    input: RefCell<BytesMut>,
    output: RefCell<Output>,
    seal: Option<RefCell<Seal>>,
    /// Both are one socket: it is written to without SIGPIPE, which a front end may not ignore.
    is_socket: bool,
}

impl Link {
    /// Takes both ends, makes them non-blocking. Must be called within a tokio runtime.
    pub fn new(read: OwnedFd, write: OwnedFd) -> io::Result<Link> {
        for fd in [&read, &write] {
            let flags = rustix::fs::fcntl_getfl(fd)?;
            rustix::fs::fcntl_setfl(fd, flags | rustix::fs::OFlags::NONBLOCK)?;
        }
        Ok(Link {
            read: crate::watch::readable(read)?,
            write,
            input: RefCell::default(),
            output: RefCell::default(),
            seal: None,
            is_socket: false,
        })
    }

    /// TLS from here on; its handshake is over.
    pub fn sealed(mut self, connection: rustls::Connection) -> Result<Link, LinkError> {
        let mut seal = Seal::new(connection);
        // The peer may have said more than the handshake.
        seal.open(&[], &mut self.input.borrow_mut())?;
        let records = seal.pending()?;
        self.output.borrow_mut().push(records.into());
        self.seal = Some(RefCell::new(seal));
        Ok(self)
    }

    /// One descriptor for both directions.
    pub fn from_socket(socket: OwnedFd) -> io::Result<Link> {
        let write = socket.try_clone()?;
        Ok(Link { is_socket: true, ..Link::new(socket, write)? })
    }

    /// Bytes that were read before the link was made belong to it.
    pub fn preload(&self, bytes: &[u8]) {
        self.input.borrow_mut().extend_from_slice(bytes);
    }

    /// Waits for bytes, reads once, and appends the whole frames to `frames`.
    pub async fn read(&self, frames: &mut Vec<Frame>) -> Result<(), LinkError> {
        loop {
            self.decode(frames)?;
            if !frames.is_empty() {
                return Ok(());
            }
            self.read_more().await?;
        }
    }

    /// The first frame of a peer that is not yet known: small, and of a kind for that. What it has
    /// said after it stays for [`Link::read`].
    pub async fn read_first(&self) -> Result<Frame, LinkError> {
        loop {
            let max = limits::UNAUTHENTICATED_FRAME_BYTES_MAX;
            let first = decode_frame(&mut self.input.borrow_mut(), max)?;
            match first {
                Some(frame) if frame.kind.is_of_handshake() => return Ok(frame),
                Some(frame) => {
                    let (wanted, got) = ("one of a handshake", frame.kind.name());
                    return Err(WireError::WrongKind { wanted, got }.into());
                }
                None => self.read_more().await?,
            }
        }
    }

    async fn read_more(&self) -> Result<(), LinkError> {
        let mut ready = self.read.readable().await?;
        match self.read_once() {
            Ok(0) => return Err(LinkError::Closed),
            // A short read emptied the socket: the next bytes make a new edge.
            Ok(count) if count < READ_BYTES_MAX => ready.clear_ready(),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn read_once(&self) -> io::Result<usize> {
        SCRATCH.with_borrow_mut(|scratch| {
            let count = rustix::io::read(&self.read, &mut scratch[..])?;
            let mut input = self.input.borrow_mut();
            match &self.seal {
                None => input.extend_from_slice(&scratch[..count]),
                Some(seal) => {
                    let mut seal = seal.borrow_mut();
                    seal.open(&scratch[..count], &mut input)?;
                    let records = seal.pending()?;
                    self.output.borrow_mut().push(records.into());
                }
            }
            Ok(count)
        })
    }

    fn decode(&self, frames: &mut Vec<Frame>) -> Result<(), WireError> {
        let mut input = self.input.borrow_mut();
        while let Some(frame) = decode_frame(&mut input, limits::CONTROL_FRAME_BYTES_MAX)? {
            frames.push(frame);
        }
        Ok(())
    }

    /// Queues a frame; [`Link::flush`] sends. A heartbeat goes before what waits, so that a long
    /// queue is not taken for silence; on a sealed link, where records have their order, it
    /// cannot.
    pub fn push(&self, frame: &Frame) {
        let mut output = self.output.borrow_mut();
        if let Some(seal) = &self.seal {
            match seal.borrow_mut().seal(&[&frame.header(), &frame.body]) {
                Ok(records) => output.push(records.into()),
                // Only a connection that is over refuses; its reader says why.
                Err(_) => *output = Output::default(),
            }
        } else if frame.kind == Kind::Heartbeat {
            output.push_first(frame.to_bytes().into());
        } else if frame.body.len() <= JOIN_BYTES_MAX {
            output.push(frame.to_bytes().into());
        } else {
            output.push_two(Bytes::copy_from_slice(&frame.header()), frame.body.clone());
        }
    }

    /// Queues a frame with descriptors. For links over unix sockets.
    pub fn push_with(&self, frame: &Frame, descriptors: Vec<OwnedFd>) {
        self.output.borrow_mut().push_with(frame.to_bytes().into(), descriptors);
    }

    /// Bytes that wait to be sent.
    pub fn queued(&self) -> usize {
        self.output.borrow().bytes()
    }

    /// Sends as much as the descriptor takes; false where some is left for [`Link::drain`].
    pub fn flush(&self) -> io::Result<bool> {
        let mut output = self.output.borrow_mut();
        while output.bytes() > 0 {
            match self.write_once(&output.slices(), output.descriptors()) {
                Ok(count) => output.advance(count),
                Err(Errno::AGAIN) => return Ok(false),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    fn write_once(&self, slices: &[IoSlice<'_>], with: &[OwnedFd]) -> Result<usize, Errno> {
        if !self.is_socket {
            return rustix::io::writev(&self.write, slices);
        }
        let with: Vec<BorrowedFd<'_>> = with.iter().map(AsFd::as_fd).collect();
        descriptors::send(&self.write, slices, &with)
    }

    /// Nothing more will be said here, and the other end is to know; what it still says can be
    /// read. For links over sockets.
    pub fn finish(&self) -> io::Result<()> {
        Ok(rustix::net::shutdown(&self.write, rustix::net::Shutdown::Write)?)
    }

    /// Waits for room until all that was queued is sent.
    pub async fn drain(&self) -> io::Result<()> {
        if self.flush()? {
            return Ok(());
        }
        let write = crate::watch::writable(self.write.as_fd())?;
        while !self.flush()? {
            write.writable().await?.clear_ready();
        }
        Ok(())
    }
}
