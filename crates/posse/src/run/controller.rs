//! Acting on the processes of a command from any thread. Made by `Running::controller`, and by
//! `Vm::controller` for commands of others.

use crate::broadcast::Sender;
use crate::{Error, Rank, WindowSize};
use posse_wire::Message;
use posse_wire::msg::{End, Resize, Signal};

/// Signals, ends and resizes the processes of a command. Cheap to clone, usable from any thread;
/// it does not keep the command alive. What is over is not reached, and that is no error.
#[derive(Clone)]
pub struct Controller {
    sender: Sender,
    size: u32,
}

impl Controller {
    pub(crate) fn new(sender: Sender, size: u32) -> Controller {
        Controller { sender, size }
    }

    /// Sends a signal (a number of signal(7)) to the process group of one process, or of all.
    pub fn signal(&self, rank: Option<Rank>, signal: u8) -> Result<(), Error> {
        self.send(rank, &Signal { rank, signal })
    }

    /// Ends one process or all, with all descendants: SIGTERM, then SIGKILL after the command's
    /// end grace.
    pub fn end(&self, rank: Option<Rank>) -> Result<(), Error> {
        self.end_with(rank, rustix::process::Signal::TERM.as_raw() as u8)
    }

    /// As [`Controller::end`], with another polite signal.
    pub fn end_with(&self, rank: Option<Rank>, signal: u8) -> Result<(), Error> {
        self.send(rank, &End { rank, signal })
    }

    /// Tells the processes' terminals a new size.
    pub fn resize(&self, size: WindowSize) -> Result<(), Error> {
        self.send(None, &Resize { size })
    }

    fn send(&self, rank: Option<Rank>, message: &impl Message) -> Result<(), Error> {
        match rank {
            Some(rank) if rank.0 >= self.size => Err(Error::NoSuchRank(rank)),
            _ => self.sender.link.send(&[message.frame(self.sender.id)]),
        }
    }
}
