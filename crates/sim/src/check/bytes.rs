//! Exact bytes: what a process wrote is what its front end got, each rank and descriptor for
//! itself; where the process or the way to it was lost, a part from the start of it.

use super::Held;
use super::truth::ProcessTruth;
use crate::pattern::{Pattern, Stream};
use posse_wire::msg::Status;
use posse_wire::{Fd, StreamChunk};

/// An output stream at the front end.
#[derive(Debug)]
pub struct Sink {
    pub stream: Stream,
    pub got: u64,
    /// The front end has consumed up to here, and said so up to `acked`.
    pub consumed: u64,
    pub acked: u64,
    pub ended: bool,
    /// The front end wants no more.
    pub closed: bool,
}

impl Sink {
    pub fn new(stream: Stream) -> Sink {
        Sink { stream, got: 0, consumed: 0, acked: 0, ended: false, closed: false }
    }
}

/// A chunk came. What came before may come again, over a new link.
pub fn arrived(sink: &Sink, pattern: &Pattern, chunk: &StreamChunk) -> Held {
    if sink.ended && !sink.closed && chunk.upto() > sink.got {
        return Err(format!("bytes {}..{} after the end", chunk.offset, chunk.upto()));
    }
    if chunk.offset > sink.got {
        return Err(format!("offset {} where {} was next", chunk.offset, sink.got));
    }
    if !pattern.fits(sink.stream, chunk.offset, &chunk.bytes) {
        return Err(format!("bytes {}..{} are not those written", chunk.offset, chunk.upto()));
    }
    Ok(())
}

/// The process is over.
pub fn complete(sink: &Sink, fd: Fd, status: &Status, truth: Option<&ProcessTruth>) -> Held {
    let written = truth.and_then(|truth| truth.written.get(&fd)).copied().unwrap_or(0);
    let partly = matches!(status, Status::Lost { .. } | Status::NotStarted { .. });
    if sink.got > written {
        return Err(format!("fd {} brought {} of {written} bytes", fd.0, sink.got));
    }
    if partly || sink.closed {
        return Ok(());
    }
    if !sink.ended {
        return Err(format!("fd {} has no end, though the process has one", fd.0));
    }
    if sink.got != written {
        return Err(format!("fd {} brought {} of {written} bytes", fd.0, sink.got));
    }
    Ok(())
}
