//! A process's output on its way in: read as far as credit goes, no further, so that a process
//! whose output nobody takes is held back by its own pipe.

use super::core::Shell;
use crate::limits::WIDE_PIPE_BYTES;
use bytes::Bytes;
use posse_proto::Input;
use posse_wire::{CommandId, Fd, Rank, limits};
use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; limits::CHUNK_BYTES_MAX]);
}

pub(super) struct OutputPipe {
    pub command: CommandId,
    pub rank: Rank,
    pub fd: Fd,
    pipe: AsyncFd<OwnedFd>,
    allowed: Cell<u64>,
    read: Cell<u64>,
    pub ended: Cell<bool>,
    credit: Notify,
    /// Was full once, and is a wide pipe since.
    wide: Cell<bool>,
}

/// Why a pump stopped.
enum Stopped {
    Empty,
    NoCredit,
    Ended,
}

impl OutputPipe {
    pub fn new(command: CommandId, rank: Rank, fd: Fd, pipe: OwnedFd) -> io::Result<Self> {
        Ok(OutputPipe {
            command,
            rank,
            fd,
            pipe: posse_net::watch::readable(pipe)?,
            allowed: Cell::new(0),
            read: Cell::new(0),
            ended: Cell::new(false),
            credit: Notify::new(),
            wide: Cell::new(false),
        })
    }

    pub fn allow(&self, upto: u64) {
        self.allowed.set(self.allowed.get().max(upto));
        self.credit.notify_one();
    }

    /// No more is read; the pipe closes with the task that reads it.
    pub fn close(&self) {
        self.ended.set(true);
        self.credit.notify_one();
    }

    /// Reads all that is there and allowed.
    fn pump(&self, shell: &Rc<Shell>) -> Stopped {
        loop {
            if self.ended.get() {
                return Stopped::Ended;
            }
            let room = self.allowed.get() - self.read.get();
            if room == 0 {
                return Stopped::NoCredit;
            }
            let got = SCRATCH.with_borrow_mut(|scratch| {
                let want = scratch.len().min(usize::try_from(room).unwrap_or(usize::MAX));
                rustix::io::read(&self.pipe, &mut scratch[..want])
                    .map(|count| Bytes::copy_from_slice(&scratch[..count]))
            });
            let (bytes, end) = match got {
                Err(rustix::io::Errno::AGAIN) => return Stopped::Empty,
                Err(rustix::io::Errno::INTR) => continue,
                // A terminal whose last user is gone says EIO.
                Err(_) => (Bytes::new(), true),
                Ok(bytes) => {
                    let end = bytes.is_empty();
                    (bytes, end)
                }
            };
            if bytes.len() == limits::CHUNK_BYTES_MAX && !self.wide.replace(true) {
                widen(&self.pipe);
            }
            self.read.set(self.read.get() + bytes.len() as u64);
            self.ended.set(end);
            let (command, rank, fd) = (self.command, self.rank, self.fd);
            shell.feed(Input::Output { command, rank, fd, bytes, end });
        }
    }

    /// What is in the pipe now, for a process that was just reaped.
    pub fn drain(&self, shell: &Rc<Shell>) {
        self.pump(shell);
    }
}

/// Makes room in a pipe that streams; where the kernel refuses it stays as it is.
pub(super) fn widen(pipe: impl AsFd) {
    let _stays_narrow = rustix::pipe::fcntl_setpipe_size(pipe, WIDE_PIPE_BYTES);
}

/// The task of one output.
pub(super) async fn read_output(shell: Rc<Shell>, output: Rc<OutputPipe>) {
    loop {
        match output.pump(&shell) {
            Stopped::Ended => return,
            Stopped::NoCredit => output.credit.notified().await,
            Stopped::Empty => tokio::select! {
                ready = output.pipe.readable() => match ready {
                    Ok(mut ready) => {
                        // Cleared before the read: what comes meanwhile makes a new edge.
                        ready.clear_ready();
                    }
                    Err(_) => return,
                },
                () = output.credit.notified() => {}
            },
        }
    }
}
