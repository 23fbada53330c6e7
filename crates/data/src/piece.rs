//! A recipe of a file, or a piece of one: the hashes of its chunks in their order, and with the
//! last piece what the whole file is. Called by `encode.rs`, `decode.rs` and who assembles files.

use crate::chunk::ChunkId;
use crate::limits::{CHUNK_BYTES_MAX, CHUNKS_MAX};
use crate::record::{Malformed, number};

const FIXED: usize = 5;
const WHOLE_BYTES: usize = 40;
const CHUNK_ID_BYTES: usize = 36;

pub(crate) const RANGE: (usize, usize) = (FIXED, FIXED + WHOLE_BYTES + CHUNKS_MAX * CHUNK_ID_BYTES);

const FIRST: u8 = 1;
const LAST: u8 = 2;

/// All of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    pub bytes: u64,
    pub hash: [u8; 32],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Which file of the batch, counted from 0.
    pub file: u32,
    /// The file begins here.
    pub first: bool,
    /// The file ends here.
    pub last: Option<Whole>,
    pub chunks: Vec<ChunkId>,
}

impl Piece {
    pub fn body(&self) -> Vec<u8> {
        let mut body = self.file.to_le_bytes().to_vec();
        let last = if self.last.is_some() { LAST } else { 0 };
        body.push(last | if self.first { FIRST } else { 0 });
        if let Some(whole) = self.last {
            body.extend(whole.bytes.to_le_bytes());
            body.extend(whole.hash);
        }
        for chunk in &self.chunks {
            body.extend(chunk.length.to_le_bytes());
            body.extend(chunk.hash);
        }
        body
    }

    pub fn read(mut body: &[u8]) -> Result<Piece, Malformed> {
        let body = &mut body;
        let file = u32::from_le_bytes(number(body)?);
        let [flags] = number(body)?;
        if flags > FIRST | LAST {
            return Err(Malformed("a recipe with odd marks"));
        }
        let mut last = None;
        if flags & LAST != 0 {
            let bytes = u64::from_le_bytes(number(body)?);
            last = Some(Whole { bytes, hash: number(body)? });
        }
        if !body.len().is_multiple_of(CHUNK_ID_BYTES) || body.len() / CHUNK_ID_BYTES > CHUNKS_MAX {
            return Err(Malformed("a recipe that is cut short"));
        }
        let mut chunks = Vec::with_capacity(body.len() / CHUNK_ID_BYTES);
        while !body.is_empty() {
            let length = u32::from_le_bytes(number(body)?);
            if !(1..=CHUNK_BYTES_MAX).contains(&(length as usize)) {
                return Err(Malformed("a chunk of an impossible length"));
            }
            chunks.push(ChunkId { length, hash: number(body)? });
        }
        Ok(Piece { file, first: flags & FIRST != 0, last, chunks })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_comes_back_and_a_cut_one_does_not() {
        let chunk = ChunkId { length: 9, hash: [3; 32] };
        let whole = Whole { bytes: 18, hash: [4; 32] };
        for (first, last) in [(true, None), (false, Some(whole)), (true, Some(whole))] {
            let piece = Piece { file: 7, first, last, chunks: vec![chunk, chunk] };
            let body = piece.body();
            assert_eq!(Piece::read(&body).unwrap(), piece);
            for end in 0..body.len() {
                let other = Piece::read(&body[..end]);
                assert!(other.is_err() || other.unwrap().chunks.len() < 2, "{end}");
            }
        }
        let body = Piece { file: 0, first: true, last: None, chunks: vec![chunk] }.body();
        for length in [0u32, CHUNK_BYTES_MAX as u32 + 1, u32::MAX] {
            let mut odd = body.clone();
            odd[5..9].copy_from_slice(&length.to_le_bytes());
            assert!(Piece::read(&odd).is_err());
        }
    }
}
