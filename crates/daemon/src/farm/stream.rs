//! One output of an attempt on its way in: read as it comes, kept up to a bound, looked through for
//! values. Nobody takes it but us, so that a task is never held back by who looks at it.

use super::limits::{OUTPUT_BYTES_MAX, PUMP_BYTES};
use posse_net::watch;
use posse_work::values::Printed;
use rustix::io::Errno;
use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use tokio::io::unix::AsyncFd;
use tokio::task::{JoinHandle, spawn_local, yield_now};

/// One read: what a pipe holds at first.
const READ_BYTES: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

pub(super) struct Stream {
    pipe: AsyncFd<OwnedFd>,
    kept: RefCell<Vec<u8>>,
    dropped: Cell<u64>,
    /// So much of what is kept was told to those who look at it.
    told: Cell<usize>,
    /// Of standard output alone.
    printed: RefCell<Option<Printed>>,
}

enum Stopped {
    Empty,
    Enough,
    Ended,
}

impl Stream {
    /// With the task that reads it.
    pub fn begin(pipe: OwnedFd, is_output: bool) -> io::Result<(Rc<Stream>, JoinHandle<()>)> {
        let stream = Rc::new(Stream {
            pipe: watch::readable(pipe)?,
            kept: RefCell::default(),
            dropped: Cell::new(0),
            told: Cell::new(0),
            printed: RefCell::new(is_output.then(Printed::default)),
        });
        let reader = spawn_local(read(stream.clone()));
        Ok((stream, reader))
    }

    fn pump(&self) -> Stopped {
        let mut bytes = 0;
        while bytes < PUMP_BYTES {
            let count = SCRATCH.with_borrow_mut(|scratch| {
                let count = rustix::io::read(&self.pipe, &mut scratch[..])?;
                self.take(&scratch[..count]);
                Ok(count)
            });
            match count {
                Ok(0) => return Stopped::Ended,
                Ok(count) => bytes += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Stopped::Empty,
                Err(_) => return Stopped::Ended,
            }
        }
        Stopped::Enough
    }

    fn take(&self, bytes: &[u8]) {
        let mut kept = self.kept.borrow_mut();
        let room = OUTPUT_BYTES_MAX.saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(&bytes[..room]);
        self.dropped.set(self.dropped.get() + (bytes.len() - room) as u64);
        if let Some(printed) = self.printed.borrow_mut().as_mut() {
            printed.push(bytes);
        }
    }

    /// What was kept since the last time, so many bytes at most, and where that begins.
    pub fn news(&self, most: usize) -> Option<(u64, Vec<u8>)> {
        let (kept, at) = (self.kept.borrow(), self.told.get());
        let new = kept.get(at..).filter(|new| !new.is_empty())?;
        let new = &new[..new.len().min(most)];
        self.told.set(at + new.len());
        Some((at as u64, new.to_vec()))
    }

    /// Somebody else looks: from the beginning.
    pub fn tell_again(&self) {
        self.told.set(0);
    }

    /// The process is over: what is in the pipe now, and no more.
    pub fn finish(&self) -> (Vec<u8>, u64, Vec<(String, String)>) {
        self.pump();
        let printed = self.printed.take().map(Printed::finish).unwrap_or_default();
        let values = printed.into_iter().map(|(key, cell)| (key, cell.text().to_owned()));
        (self.kept.take(), self.dropped.get(), values.collect())
    }
}

async fn read(stream: Rc<Stream>) {
    loop {
        match stream.pump() {
            Stopped::Ended => return,
            Stopped::Enough => yield_now().await,
            Stopped::Empty => match stream.pipe.readable().await {
                // Cleared before the read: what comes meanwhile makes a new edge.
                Ok(mut ready) => ready.clear_ready(),
                Err(_) => return,
            },
        }
    }
}
