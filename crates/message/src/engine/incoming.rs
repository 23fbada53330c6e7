//! The payload of a receive as it comes: whole, or in chunks, each of which is put where it will
//! be in the whole. Called by `meet`, `fetch` and `receive`.

use bytes::Bytes;

use crate::buffers::Buffers;
use crate::limits::AHEAD_BYTES_MAX;

#[derive(Debug, Default)]
pub struct Incoming {
    whole: Bytes,
    /// Chunks one behind the other, in a buffer for all of them.
    chunks: Vec<u8>,
}

impl Incoming {
    /// All of it is here.
    pub fn set(&mut self, whole: Bytes) {
        self.whole = whole;
    }

    /// The next chunk; it and those that are to come have so many bytes.
    pub fn add(&mut self, chunk: Bytes, left: u64, buffers: &Buffers) {
        if self.chunks.is_empty() && chunk.len() as u64 == left {
            return self.set(chunk);
        }
        if self.chunks.is_empty() {
            let ahead = usize::try_from(left).unwrap_or(usize::MAX).min(AHEAD_BYTES_MAX);
            self.chunks = buffers.take(ahead).unwrap_or_default();
        }
        self.chunks.extend_from_slice(&chunk);
    }

    /// All that is here and was not taken, in one piece.
    pub fn take(&mut self, buffers: &Buffers) -> Bytes {
        match self.chunks.is_empty() {
            true => std::mem::take(&mut self.whole),
            false => buffers.share(std::mem::take(&mut self.chunks)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> Bytes {
        (0..length).map(|at| at as u8).collect()
    }

    #[test]
    fn chunks_come_out_as_they_went_in() {
        let (all, buffers) = (bytes(200_000), Buffers::default());
        let mut incoming = Incoming::default();
        assert!(incoming.take(&buffers).is_empty());
        incoming.add(all.slice(..100_000), 200_000, &buffers);
        assert_eq!(incoming.take(&buffers), all.slice(..100_000));
        incoming.add(all.slice(100_000..170_000), 100_000, &buffers);
        incoming.add(all.slice(170_000..), 30_000, &buffers);
        assert_eq!(incoming.take(&buffers), all.slice(100_000..));
        assert!(incoming.take(&buffers).is_empty());
    }

    #[test]
    fn one_piece_is_not_copied() {
        let (one, buffers) = (bytes(50_000), Buffers::default());
        let mut incoming = Incoming::default();
        incoming.add(one.clone(), 50_000, &buffers);
        assert_eq!(incoming.take(&buffers).as_ptr(), one.as_ptr());
    }

    #[test]
    fn what_an_offer_claims_is_not_allocated() {
        let (mut incoming, buffers) = (Incoming::default(), Buffers::default());
        incoming.add(bytes(10), u64::MAX, &buffers);
        incoming.add(bytes(5), u64::MAX - 10, &buffers);
        assert_eq!(incoming.take(&buffers).len(), 15);
    }
}
