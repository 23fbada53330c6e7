//! Bytes that measure what a link between two hosts carries. The body is nothing but them; flag
//! bit 0 of the frame: the burst ends here, and as many come back.

use crate::{CommandId, Frame, Kind, WireError, limits};
use bytes::Bytes;

const FLAG_END: u16 = 1;

/// A part of a burst.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burst {
    pub end: bool,
    pub bytes: Bytes,
}

impl Burst {
    pub fn frame(&self) -> Frame {
        let (kind, flags) = (Kind::Burst, u16::from(self.end) * FLAG_END);
        Frame { kind, flags, id: CommandId::NONE, body: self.bytes.clone() }
    }

    pub fn decode(frame: &Frame) -> Result<Self, WireError> {
        if frame.kind != Kind::Burst {
            let (wanted, got) = (Kind::Burst.name(), frame.kind.name());
            return Err(WireError::WrongKind { wanted, got });
        }
        if frame.body.len() > limits::CHUNK_BYTES_MAX {
            let (got, max) = (frame.body.len() as u64, limits::CHUNK_BYTES_MAX as u64);
            return Err(WireError::TooLong { got, max });
        }
        Ok(Burst { end: frame.flags & FLAG_END != 0, bytes: frame.body.clone() })
    }
}
