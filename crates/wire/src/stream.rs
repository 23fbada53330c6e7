//! Stream frames: bytes of a process's stdin, stdout, stderr or other descriptor.
//!
//! ```text
//! offset  size  field   (little-endian)
//!      0     4  rank of the process, or u32::MAX for all of the command (stdin only)
//!      4     2  descriptor (0 stdin, 1 stdout, 2 stderr, …)
//!      6     2  zero
//!      8     8  offset of the first byte in its stream, counted at the source
//!     16     …  the bytes (none in an acknowledgement)
//! ```
//! Flag bit 0 of the frame: the stream ends after these bytes. Flag bit 1, of an acknowledgement
//! of input: send again from this offset on.

use crate::{CommandId, Frame, Kind, Rank, WireError, limits};
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// A file descriptor number within a process.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fd(pub u16);

impl Fd {
    pub const STDIN: Fd = Fd(0);
    pub const STDOUT: Fd = Fd(1);
    pub const STDERR: Fd = Fd(2);
}

const PREFIX_BYTES: usize = 16;
const FLAG_END: u16 = 1;
const FLAG_AGAIN: u16 = 2;

/// Bytes of one stream: [`Kind::Output`] goes up to the front end, [`Kind::Input`] down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamChunk {
    pub rank: Rank,
    pub fd: Fd,
    pub offset: u64,
    pub end: bool,
    pub bytes: Bytes,
}

impl StreamChunk {
    pub fn frame(&self, kind: Kind, id: CommandId) -> Frame {
        let mut body = BytesMut::with_capacity(PREFIX_BYTES + self.bytes.len());
        put_prefix(&mut body, self.rank, self.fd, self.offset);
        body.extend_from_slice(&self.bytes);
        Frame { kind, flags: u16::from(self.end) * FLAG_END, id, body: body.freeze() }
    }

    pub fn decode(frame: &Frame) -> Result<Self, WireError> {
        let mut body = frame.body.clone();
        let (rank, fd, offset) = take_prefix(&mut body, frame.kind)?;
        let end = frame.flags & FLAG_END != 0;
        if body.len() > limits::CHUNK_BYTES_MAX {
            let (got, max) = (body.len() as u64, limits::CHUNK_BYTES_MAX as u64);
            return Err(WireError::TooLong { got, max });
        }
        Ok(StreamChunk { rank, fd, offset, end, bytes: body })
    }

    /// The offset just after these bytes.
    pub fn upto(&self) -> u64 {
        self.offset.saturating_add(self.bytes.len() as u64)
    }
}

/// "Everything before `offset` has been consumed": returns credit to the source.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct StreamAck {
    pub rank: Rank,
    pub fd: Fd,
    pub offset: u64,
    /// The consumer wants no more of it (`| head`): later bytes are dropped at the source.
    pub closed: bool,
    /// Only of input: what was sent from `offset` on was lost with a link, and is to come again.
    pub again: bool,
}

impl StreamAck {
    pub fn frame(&self, kind: Kind, id: CommandId) -> Frame {
        let mut body = BytesMut::with_capacity(PREFIX_BYTES);
        put_prefix(&mut body, self.rank, self.fd, self.offset);
        let flags = (u16::from(self.closed) * FLAG_END) | (u16::from(self.again) * FLAG_AGAIN);
        Frame { kind, flags, id, body: body.freeze() }
    }

    pub fn decode(frame: &Frame) -> Result<Self, WireError> {
        let mut body = frame.body.clone();
        let (rank, fd, offset) = take_prefix(&mut body, frame.kind)?;
        if !body.is_empty() {
            return Err(WireError::BadBody(frame.kind.name()));
        }
        let (closed, again) = (frame.flags & FLAG_END != 0, frame.flags & FLAG_AGAIN != 0);
        Ok(StreamAck { rank, fd, offset, closed, again })
    }
}

fn put_prefix(body: &mut BytesMut, rank: Rank, fd: Fd, offset: u64) {
    body.put_u32_le(rank.0);
    body.put_u16_le(fd.0);
    body.put_u16_le(0);
    body.put_u64_le(offset);
}

fn take_prefix(body: &mut Bytes, kind: Kind) -> Result<(Rank, Fd, u64), WireError> {
    if body.len() < PREFIX_BYTES {
        return Err(WireError::BadBody(kind.name()));
    }
    let rank = Rank(body.get_u32_le());
    let fd = Fd(body.get_u16_le());
    body.advance(2);
    Ok((rank, fd, body.get_u64_le()))
}
