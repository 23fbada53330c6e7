//! The bytes of a message as they arrived: in one piece, or in chunks that the face writes where
//! it wants them.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::envelope::Envelope;

/// Pieces in their order. One piece costs no allocation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Payload {
    first: Bytes,
    rest: VecDeque<Bytes>,
    length: u64,
}

impl Payload {
    /// In bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        std::iter::once(&self.first).filter(|piece| !piece.is_empty()).chain(&self.rest)
    }

    /// In one piece: copied if there were several.
    pub fn into_bytes(self) -> Bytes {
        if self.rest.is_empty() {
            return self.first;
        }
        let mut whole = BytesMut::with_capacity(self.pieces().map(Bytes::len).sum());
        self.pieces().for_each(|piece| whole.extend_from_slice(piece));
        whole.freeze()
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        self.length += piece.len() as u64;
        if self.first.is_empty() && self.rest.is_empty() {
            self.first = piece;
        } else if !piece.is_empty() {
            self.rest.push_back(piece);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Bytes> {
        if self.length == 0 {
            return None;
        }
        let next = self.rest.pop_front().unwrap_or_default();
        let piece = std::mem::replace(&mut self.first, next);
        self.length -= piece.len() as u64;
        Some(piece)
    }
}

impl From<Bytes> for Payload {
    fn from(piece: Bytes) -> Payload {
        let mut payload = Payload::default();
        payload.push(piece);
        payload
    }
}

/// A message as a receive got it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    pub envelope: Envelope,
    /// All of it, but for what was taken piece by piece before.
    pub payload: Payload,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_out_as_they_went_in() {
        let mut payload = Payload::default();
        for piece in ["ab", "", "c", "def"] {
            payload.push(Bytes::from_static(piece.as_bytes()));
        }
        assert_eq!((payload.len(), payload.pieces().count()), (6, 3));
        assert_eq!(payload.clone().into_bytes(), "abcdef");
        let taken: Vec<Bytes> = std::iter::from_fn(|| payload.pop()).collect();
        assert_eq!((taken.concat(), payload.is_empty()), (b"abcdef".to_vec(), true));
    }
}
