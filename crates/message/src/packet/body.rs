//! What packets are for. The table in `docs/internals/messages.md` says who sends which when.

use bytes::Bytes;

use crate::envelope::Envelope;

/// All but `Ack` are numbered, come in the order of their numbers, and are sent again until
/// acknowledged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// Nothing but the head.
    Ack,
    /// A whole message.
    Message { envelope: Envelope, payload: Bytes },
    /// A message whose payload stays with its sender until it is asked for.
    Offer { envelope: Envelope },
    /// A receive has met the offer of this number: send its payload.
    Ready { number: u64 },
    /// The payload of the offer of this number need not be sent, and may go: it is not wanted, or
    /// was read where it is.
    Release { number: u64 },
    /// A receive has met the synchronous message of this number.
    Matched { number: u64 },
    /// A part of the payload of the offer of this number, in order.
    Chunk { number: u64, offset: u64, payload: Bytes },
}

impl Body {
    /// What comes after all that is encoded field by field.
    pub fn payload(&self) -> Option<&Bytes> {
        match self {
            Body::Message { payload, .. } | Body::Chunk { payload, .. } => Some(payload),
            _ => None,
        }
    }
}
