//! The frame: 16 bytes of header, then the body.
//!
//! ```text
//! offset  size  field   (little-endian)
//!      0     4  body length in bytes
//!      4     2  kind (see `kind.rs`)
//!      6     2  flags (meaning belongs to the kind)
//!      8     8  command id, 0 where the frame belongs to the link itself
//! ```
//! There is no checksum: a link is TLS, ssh or the kernel's memory.

use crate::{CommandId, Kind, WireError};
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Size of the header that precedes every body.
pub const HEADER_BYTES: usize = 16;

/// One frame, header decoded, body still bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: Kind,
    pub flags: u16,
    pub id: CommandId,
    pub body: Bytes,
}

impl Frame {
    /// The header alone; a writer sends it and then [`Frame::body`] without copying the body.
    pub fn header(&self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        let mut out = &mut header[..];
        out.put_u32_le(self.body.len() as u32);
        out.put_u16_le(self.kind as u16);
        out.put_u16_le(self.flags);
        out.put_u64_le(self.id.0);
        header
    }

    /// Header and body in one buffer.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(HEADER_BYTES + self.body.len());
        all.extend_from_slice(&self.header());
        all.extend_from_slice(&self.body);
        all
    }
}

/// Takes one frame off the front of `input`; `None` where it is not yet whole.
/// `body_max` is what this link may send now: less before its peer is known.
pub fn decode_frame(input: &mut BytesMut, body_max: usize) -> Result<Option<Frame>, WireError> {
    if input.len() < HEADER_BYTES {
        return Ok(None);
    }
    let mut header = &input[..HEADER_BYTES];
    let length = header.get_u32_le() as usize;
    let kind = Kind::from_number(header.get_u16_le())?;
    let flags = header.get_u16_le();
    let id = CommandId(header.get_u64_le());
    let max = body_max.min(kind.body_max());
    if length > max {
        return Err(WireError::TooLong { got: length as u64, max: max as u64 });
    }
    if input.len() < HEADER_BYTES + length {
        input.reserve(HEADER_BYTES + length - input.len());
        return Ok(None);
    }
    input.advance(HEADER_BYTES);
    let body = input.split_to(length).freeze();
    Ok(Some(Frame { kind, flags, id, body }))
}
