//! Bytes in blocks, one for each member, and whole again. For algorithms that carry large ones in
//! parts: who begins with a whole splits it, who ends with blocks joins them.

use bytes::{Bytes, BytesMut};

/// So many blocks of about the same length, none of which breaks an element of this many bytes.
pub fn split(whole: &Bytes, blocks: usize, element_bytes: usize) -> Vec<Bytes> {
    let elements = whole.len() / element_bytes.max(1);
    let end = |block: usize| match block == blocks {
        true => whole.len(),
        false => elements * block / blocks * element_bytes,
    };
    (0..blocks).map(|block| whole.slice(end(block)..end(block + 1))).collect()
}

/// The blocks one after the other.
pub fn join(blocks: &[Bytes]) -> Bytes {
    let mut whole = BytesMut::with_capacity(blocks.iter().map(Bytes::len).sum());
    blocks.iter().for_each(|block| whole.extend_from_slice(block));
    whole.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_elements_and_make_the_whole() {
        for length in [0, 8, 80, 804] {
            let whole: Bytes = (0..length).map(|n| n as u8).collect::<Vec<u8>>().into();
            let blocks = split(&whole, 7, 8);
            assert_eq!(blocks.len(), 7);
            assert!(blocks[..6].iter().all(|block| block.len() % 8 == 0));
            assert_eq!(join(&blocks), whole);
        }
    }
}
