//! Content in chunks that end where the content says (FastCDC, Xia and others 2020), each known by
//! its BLAKE3 hash. What was inserted or removed changes the chunks around it and no others.
//! Called by both ends of a copy, which must cut alike: the sizes are part of the format.

use crate::limits::{CHUNK_BYTES_AVERAGE, CHUNK_BYTES_MAX, CHUNK_BYTES_MIN};
use fastcdc::v2020::{Error, Normalization, StreamCDC};
use std::io::{self, Read};

/// What a chunk is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChunkId {
    pub length: u32,
    pub hash: [u8; 32],
}

impl ChunkId {
    pub fn of(bytes: &[u8]) -> ChunkId {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        ChunkId { length, hash: *blake3::hash(bytes).as_bytes() }
    }
}

/// The chunks of what `source` has, in their order, with their bytes.
pub fn cut<R: Read>(source: R) -> impl Iterator<Item = io::Result<(ChunkId, Vec<u8>)>> {
    let (least, average, most) = (CHUNK_BYTES_MIN, CHUNK_BYTES_AVERAGE, CHUNK_BYTES_MAX);
    let chunks = StreamCDC::with_level(source, least, average, most, Normalization::Level1);
    chunks.map(|chunk| match chunk {
        Ok(chunk) => Ok((ChunkId::of(&chunk.data), chunk.data)),
        Err(Error::IoError(error)) => Err(error),
        Err(other) => Err(io::Error::other(other.to_string())),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn chunks_are_the_content_and_an_insertion_moves_no_others() {
        let content = noise(4_000_000);
        let chunks: Vec<_> = cut(&content[..]).map(Result::unwrap).collect();
        let joined: Vec<u8> = chunks.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        assert_eq!(joined, content);
        assert!(chunks.iter().all(|(id, bytes)| *id == ChunkId::of(bytes)));
        assert!(chunks.iter().all(|(id, _)| id.length as usize <= CHUNK_BYTES_MAX));
        let mut changed = content.clone();
        changed.splice(1_000_000..1_000_000, *b"inserted");
        let known: BTreeSet<ChunkId> = chunks.iter().map(|(id, _)| *id).collect();
        let news = cut(&changed[..]).map(Result::unwrap).filter(|(id, _)| !known.contains(id));
        let news = news.count();
        assert!((1..=3).contains(&news), "{news} of {}", chunks.len());
        assert_eq!(cut(&b""[..]).count(), 0);
    }
}
