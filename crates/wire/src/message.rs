//! Control messages: one type each (see `msg/`), one encoding for all.

use crate::{CommandId, Frame, Kind, WireError};
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

/// A control message: a frame of [`Message::KIND`] whose body is this type in postcard.
///
/// Postcard is not self-describing; the link's wire version says which shape is meant. A decoder
/// refuses trailing bytes, and [`Message::check`] refuses counts over their limits.
pub trait Message: Serialize + DeserializeOwned {
    const KIND: Kind;

    /// Bounds on what a peer may claim; overridden by messages that hold lists.
    fn check(&self) -> Result<(), WireError> {
        Ok(())
    }

    fn frame(&self, id: CommandId) -> Frame {
        // Serialising to a growing Vec has no failing case for these types.
        let body = postcard::to_allocvec(self).unwrap_or_default();
        Frame { kind: Self::KIND, flags: 0, id, body: Bytes::from(body) }
    }

    fn decode(frame: &Frame) -> Result<Self, WireError> {
        if frame.kind != Self::KIND {
            let (wanted, got) = (Self::KIND.name(), frame.kind.name());
            return Err(WireError::WrongKind { wanted, got });
        }
        let bad = WireError::BadBody(Self::KIND.name());
        let (message, rest): (Self, &[u8]) =
            postcard::take_from_bytes(&frame.body).map_err(|_| bad.clone())?;
        if !rest.is_empty() {
            return Err(bad);
        }
        message.check()?;
        Ok(message)
    }
}

/// For `check`: a list's length against its limit.
pub(crate) fn at_most(kind: Kind, count: usize, max: usize) -> Result<(), WireError> {
    if count <= max {
        return Ok(());
    }
    Err(WireError::TooMany { kind: kind.name(), count: count as u64, max: max as u64 })
}

/// Any value in the encoding of control bodies: for what a daemon keeps on its own disk.
pub fn encode_value<T: Serialize>(value: &T) -> Vec<u8> {
    // Serialising to a growing Vec has no failing case for plain data.
    postcard::to_allocvec(value).unwrap_or_default()
}

/// The reverse of [`encode_value`].
pub fn decode_value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    postcard::from_bytes(bytes).map_err(|_| WireError::BadBody("kept"))
}
