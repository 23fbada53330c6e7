//! Bytes to packets and back. Total: any bytes are a packet or an error, and nothing is allocated
//! for what they claim. Payload and attributes are references into what came.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use posse_wire::ProcessId;
use thiserror::Error;

use super::body::Body;
use super::head::Head;
use crate::attributes::{Attributes, BadAttributes};
use crate::envelope::{Envelope, Mode, Scope};
use crate::limits::PACKET_PAYLOAD_BYTES_MAX;

const ACK: u8 = 0;
const MESSAGE: u8 = 1;
const OFFER: u8 = 2;
const READY: u8 = 3;
const RELEASE: u8 = 4;
const MATCHED: u8 = 5;
const CHUNK: u8 = 6;

const HAS_GAP: u8 = 1;
const ASKS: u8 = 2;

/// Why bytes are no packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
pub enum BadPacket {
    #[error("packet ends early")]
    Short,
    #[error("packet goes on after its end")]
    Long,
    #[error("unknown kind {0} of packet")]
    Kind(u8),
    #[error("unknown flags {0:#x} of packet")]
    Flags(u8),
    #[error("unknown mode {0} of message")]
    Mode(u8),
    #[error("packet of this kind must have a number, or must not")]
    Sequence,
    #[error("packet has {0} bytes of payload, the limit is {PACKET_PAYLOAD_BYTES_MAX}")]
    Payload(usize),
    #[error("offer of {0} bytes, which is none")]
    Length(u64),
    #[error(transparent)]
    Attributes(#[from] BadAttributes),
}

/// What goes from one process to another at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    pub head: Head,
    pub body: Body,
}

impl Packet {
    /// Appends all of it. Allocates no more than the buffer lacks.
    pub fn encode(&self, out: &mut BytesMut) {
        self.encode_head(out);
        if let Some(payload) = self.body.payload() {
            out.put_slice(payload);
        }
    }

    /// Appends all but the payload (`body.payload()`), for drivers that write both at once.
    pub fn encode_head(&self, out: &mut BytesMut) {
        out.put_u8(match &self.body {
            Body::Ack => ACK,
            Body::Message { .. } => MESSAGE,
            Body::Offer { .. } => OFFER,
            Body::Ready { .. } => READY,
            Body::Release { .. } => RELEASE,
            Body::Matched { .. } => MATCHED,
            Body::Chunk { .. } => CHUNK,
        });
        let head = &self.head;
        let gap = if head.has_gap { HAS_GAP } else { 0 };
        out.put_u8(gap | if head.asks { ASKS } else { 0 });
        out.put_u64_le(head.sequence);
        out.put_u64_le(head.ack);
        out.put_u64_le(head.payload_limit);
        out.put_u64_le(head.envelope_limit);
        match &self.body {
            Body::Ack => {}
            Body::Message { envelope, .. } => put_envelope(envelope, out),
            Body::Offer { envelope } => {
                out.put_u64_le(envelope.length);
                put_envelope(envelope, out);
            }
            Body::Ready { number } | Body::Release { number } | Body::Matched { number } => {
                out.put_u64_le(*number);
            }
            Body::Chunk { number, offset, .. } => {
                out.put_u64_le(*number);
                out.put_u64_le(*offset);
            }
        }
    }

    /// A packet that came from `source` to `destination`; these are not in its bytes, since who
    /// carried it knows them better than who wrote it.
    pub fn decode(
        mut bytes: Bytes,
        source: ProcessId,
        destination: ProcessId,
    ) -> Result<Packet, BadPacket> {
        let kind = bytes.try_get_u8().or(Err(BadPacket::Short))?;
        let flags = bytes.try_get_u8().or(Err(BadPacket::Short))?;
        if flags & !(HAS_GAP | ASKS) != 0 {
            return Err(BadPacket::Flags(flags));
        }
        let head = Head {
            sequence: word(&mut bytes)?,
            ack: word(&mut bytes)?,
            payload_limit: word(&mut bytes)?,
            envelope_limit: word(&mut bytes)?,
            has_gap: flags & HAS_GAP != 0,
            asks: flags & ASKS != 0,
        };
        if (kind == ACK) != (head.sequence == 0) {
            return Err(BadPacket::Sequence);
        }
        let body = decode_body(kind, &mut bytes, source, destination)?;
        if bytes.is_empty() { Ok(Packet { head, body }) } else { Err(BadPacket::Long) }
    }
}

fn decode_body(
    kind: u8,
    bytes: &mut Bytes,
    source: ProcessId,
    destination: ProcessId,
) -> Result<Body, BadPacket> {
    Ok(match kind {
        ACK => Body::Ack,
        MESSAGE => {
            let mut envelope = envelope(bytes, source, destination)?;
            let payload = payload(bytes)?;
            envelope.length = payload.len() as u64;
            Body::Message { envelope, payload }
        }
        OFFER => {
            let length = word(bytes)?;
            if length == 0 {
                return Err(BadPacket::Length(length));
            }
            Body::Offer { envelope: Envelope { length, ..envelope(bytes, source, destination)? } }
        }
        READY => Body::Ready { number: word(bytes)? },
        RELEASE => Body::Release { number: word(bytes)? },
        MATCHED => Body::Matched { number: word(bytes)? },
        CHUNK => {
            Body::Chunk { number: word(bytes)?, offset: word(bytes)?, payload: payload(bytes)? }
        }
        other => return Err(BadPacket::Kind(other)),
    })
}

fn word(bytes: &mut Bytes) -> Result<u64, BadPacket> {
    bytes.try_get_u64_le().or(Err(BadPacket::Short))
}

/// All that is left.
fn payload(bytes: &mut Bytes) -> Result<Bytes, BadPacket> {
    if bytes.len() > PACKET_PAYLOAD_BYTES_MAX {
        return Err(BadPacket::Payload(bytes.len()));
    }
    Ok(bytes.split_to(bytes.len()))
}

fn put_envelope(envelope: &Envelope, out: &mut BytesMut) {
    out.put_u64_le(envelope.number);
    out.put_u8(envelope.scope.face);
    out.put_u64_le(envelope.scope.context);
    out.put_i64_le(envelope.tag);
    out.put_u8(match envelope.mode {
        Mode::Eager => 0,
        Mode::Rendezvous => 1,
        Mode::Synchronous => 2,
    });
    // Fits: attributes have a limit below.
    out.put_u16_le(envelope.attributes.as_bytes().len() as u16);
    out.put_slice(envelope.attributes.as_bytes());
}

/// Without its length, which stands elsewhere.
fn envelope(
    bytes: &mut Bytes,
    source: ProcessId,
    destination: ProcessId,
) -> Result<Envelope, BadPacket> {
    let number = word(bytes)?;
    let face = bytes.try_get_u8().or(Err(BadPacket::Short))?;
    let scope = Scope { face, context: word(bytes)? };
    let tag = bytes.try_get_i64_le().or(Err(BadPacket::Short))?;
    let mode = match bytes.try_get_u8().or(Err(BadPacket::Short))? {
        0 => Mode::Eager,
        1 => Mode::Rendezvous,
        2 => Mode::Synchronous,
        other => return Err(BadPacket::Mode(other)),
    };
    let length = usize::from(bytes.try_get_u16_le().or(Err(BadPacket::Short))?);
    if length > bytes.len() {
        return Err(BadPacket::Short);
    }
    let attributes = Attributes::decode(bytes.split_to(length))?;
    Ok(Envelope { source, destination, number, scope, tag, length: 0, mode, attributes })
}
