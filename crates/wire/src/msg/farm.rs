//! The task farm: what front ends ask of it, and what holder and hosts say to each other. Bodies
//! are in the farm's own encoding (`posse-farm`), which this crate and `proto` know nothing of;
//! long ones are cut into pieces, so that streams get through between them.

use crate::message::at_most;
use crate::{HostId, Kind, Message, WireError, limits};
use serde::{Deserialize, Serialize};

/// A part of something long. Pieces of one thing go over one link in their order.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Bytes before it; 0 begins anew.
    pub at: u32,
    pub more: bool,
    pub bytes: Vec<u8>,
}

/// Puts pieces together again.
#[derive(Debug, Default)]
pub struct Pieces(Vec<u8>);

/// Client to the daemon that leads: a part of a question.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Job(pub Piece);

/// A part of an answer.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Jobs(pub Piece);

/// Down the tree: orders of a holder for a host. May be lost with a link.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub to: HostId,
    pub from: HostId,
    pub piece: Piece,
}

/// Up the tree: reports of a host for a holder. May be lost with a link.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    pub to: HostId,
    pub from: HostId,
    pub piece: Piece,
}

impl Piece {
    /// All of `bytes`, at least one piece.
    pub fn cut(bytes: &[u8]) -> Vec<Piece> {
        let parts = bytes.len().div_ceil(limits::FARM_PIECE_BYTES).max(1);
        let piece = |number: usize| {
            let at = number * limits::FARM_PIECE_BYTES;
            let end = (at + limits::FARM_PIECE_BYTES).min(bytes.len());
            let place = u32::try_from(at).unwrap_or(u32::MAX);
            Piece { at: place, more: number + 1 < parts, bytes: bytes[at..end].to_vec() }
        };
        (0..parts).map(piece).collect()
    }

    fn check(&self, kind: Kind) -> Result<(), WireError> {
        at_most(kind, self.bytes.len(), limits::FARM_PIECE_BYTES)
    }
}

impl Pieces {
    /// The whole, with its last piece. Where one is missing, or all are too long, what came is
    /// dropped up to the next beginning.
    pub fn put(&mut self, piece: Piece) -> Option<Vec<u8>> {
        if piece.at == 0 {
            self.0.clear();
        }
        let long = self.0.len() + piece.bytes.len() > limits::FARM_MESSAGE_BYTES_MAX;
        if long || piece.at as usize != self.0.len() {
            self.0 = Vec::new();
            return None;
        }
        self.0.extend_from_slice(&piece.bytes);
        (!piece.more).then(|| std::mem::take(&mut self.0))
    }
}

impl Message for Job {
    const KIND: Kind = Kind::Job;

    fn check(&self) -> Result<(), WireError> {
        self.0.check(Kind::Job)
    }
}

impl Message for Jobs {
    const KIND: Kind = Kind::Jobs;

    fn check(&self) -> Result<(), WireError> {
        self.0.check(Kind::Jobs)
    }
}

impl Message for Lease {
    const KIND: Kind = Kind::Lease;

    fn check(&self) -> Result<(), WireError> {
        self.piece.check(Kind::Lease)
    }
}

impl Message for Leased {
    const KIND: Kind = Kind::Leased;

    fn check(&self) -> Result<(), WireError> {
        self.piece.check(Kind::Leased)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_comes_together_and_a_gap_drops_it() {
        for length in [0, 1, limits::FARM_PIECE_BYTES, 3 * limits::FARM_PIECE_BYTES + 7] {
            let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let mut pieces = Pieces::default();
            let whole: Vec<Vec<u8>> =
                Piece::cut(&bytes).into_iter().filter_map(|piece| pieces.put(piece)).collect();
            assert_eq!(whole, [bytes]);
        }
        let mut cut = Piece::cut(&vec![1; 3 * limits::FARM_PIECE_BYTES]);
        cut.remove(1);
        let mut pieces = Pieces::default();
        assert!(cut.into_iter().all(|piece| pieces.put(piece).is_none()));
        let small = Piece { at: 0, more: false, bytes: vec![5] };
        assert_eq!(pieces.put(small), Some(vec![5]));
    }
}
