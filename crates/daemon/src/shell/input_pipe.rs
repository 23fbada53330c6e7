//! Bytes on their way into a process: what its pipe does not take waits here, within the window
//! that the state machine allowed.

use super::core::Shell;
use super::output_pipe::widen;
use bytes::{Buf, Bytes};
use posse_proto::Input;
use posse_wire::{CommandId, Fd, Rank};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use tokio::io::unix::AsyncFd;

/// What a terminal takes as the end of its input (^D).
const END_OF_TRANSMISSION: &[u8] = b"\x04";

pub(super) struct InputPipe {
    pub command: CommandId,
    pub rank: Rank,
    pub fd: Fd,
    pipe: RefCell<Option<Rc<AsyncFd<OwnedFd>>>>,
    queue: RefCell<VecDeque<Bytes>>,
    end: Cell<bool>,
    writing: Cell<bool>,
    terminal: bool,
    /// Was full once, and is a wide pipe since.
    wide: Cell<bool>,
}

impl InputPipe {
    pub fn new(
        (command, rank, fd): (CommandId, Rank, Fd),
        pipe: OwnedFd,
        terminal: bool,
    ) -> io::Result<Self> {
        let pipe = posse_net::watch::writable(pipe)?;
        Ok(InputPipe {
            command,
            rank,
            fd,
            pipe: RefCell::new(Some(Rc::new(pipe))),
            queue: RefCell::default(),
            end: Cell::new(false),
            writing: Cell::new(false),
            terminal,
            wide: Cell::new(terminal),
        })
    }

    /// Takes bytes, writes what the pipe takes, leaves the rest to a task.
    pub fn write(self: &Rc<Self>, shell: &Rc<Shell>, bytes: Bytes, end: bool) {
        if !bytes.is_empty() {
            self.queue.borrow_mut().push_back(bytes);
        }
        if end {
            self.end.set(true);
            if self.terminal {
                self.queue.borrow_mut().push_back(Bytes::from_static(END_OF_TRANSMISSION));
            }
        }
        if !self.writing.get() && !self.push(shell) {
            self.writing.set(true);
            tokio::task::spawn_local(finish(shell.clone(), self.clone()));
        }
    }

    pub fn close(&self) {
        self.pipe.borrow_mut().take();
        self.queue.borrow_mut().clear();
    }

    /// Writes until the queue is empty (true) or the pipe full (false).
    fn push(&self, shell: &Rc<Shell>) -> bool {
        let Some(pipe) = self.pipe.borrow().clone() else { return true };
        let (command, rank, fd) = (self.command, self.rank, self.fd);
        loop {
            let Some(front) = self.queue.borrow().front().cloned() else { break };
            match rustix::io::write(&*pipe, &front) {
                Ok(count) => {
                    let mut queue = self.queue.borrow_mut();
                    if count == front.len() {
                        queue.pop_front();
                    } else if let Some(front) = queue.front_mut() {
                        front.advance(count);
                    }
                    drop(queue);
                    shell.feed(Input::Wrote { command, rank, fd, bytes: count as u64 });
                }
                Err(rustix::io::Errno::AGAIN) if !self.wide.replace(true) => widen(&*pipe),
                Err(rustix::io::Errno::AGAIN) => return false,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => {
                    self.close();
                    shell.feed(Input::InputClosed { command, rank, fd });
                    return true;
                }
            }
        }
        if self.end.get() && !self.terminal {
            self.pipe.borrow_mut().take();
        }
        true
    }
}

async fn finish(shell: Rc<Shell>, input: Rc<InputPipe>) {
    loop {
        let Some(pipe) = input.pipe.borrow().clone() else { break };
        match pipe.writable().await {
            Ok(mut ready) => ready.clear_ready(),
            Err(_) => break,
        }
        if input.push(&shell) {
            break;
        }
    }
    input.writing.set(false);
}
