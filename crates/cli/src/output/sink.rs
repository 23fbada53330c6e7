//! What every mode of output is: a sink of a command's events. The modes are in files of their
//! own. Called by whoever runs a command at the front end.

use super::Outlet;
use std::io;
use std::time::Duration;

pub use posse::Status;

#[cfg(test)]
pub use posse::Outcome;

/// Takes the events of one command in the order of their arrival.
///
/// An error is that of the writer, unchanged: `BrokenPipe` means that the reader of stdout or
/// stderr has gone (`| head`) and the hosts should be told to stop. A rank that the command does
/// not have is `InvalidData`. After an error the sink can still be finished.
///
/// Which descriptors a process may send is checked against the command before it comes here.
pub trait Sink {
    /// Bytes of descriptor `fd`; `end` with the last of them. 2 goes to stderr, others to stdout.
    fn output(&mut self, rank: u32, fd: u16, bytes: &[u8], end: bool) -> io::Result<()>;

    /// The process is over, or never was; no output of it follows.
    fn exit(&mut self, rank: u32, status: &Status, elapsed: Duration) -> io::Result<()>;

    /// Writes what is held back, unfinished hosts marked (^C), and gives the outlet back for the
    /// summary.
    fn finish(self: Box<Self>) -> io::Result<Outlet>;
}
