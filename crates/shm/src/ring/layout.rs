//! Where things stand in a ring's memory, and what a record's head word says.
//!
//! All in words of 8 bytes. First the words that an end writes for the other, then the data: a
//! power of two of words, used around and around. A record is a head word and its bytes, padded to
//! words. Positions count words since the ring's beginning and never wrap (2^64 words are 4,000
//! years at a GB per second). Used by both ends.

use crate::error::Fault;
use crate::sync::AtomicU64;

/// How far the consumer has read. On a line of its own, since it changes with each record.
pub(super) const TAIL: usize = 0;

/// Which ends are closed, and whether the producer waits for room: seldom written, so reading it
/// costs no transfer of its line. Two lines away from `TAIL`, because processors fetch lines in
/// pairs.
pub(super) const FLAGS: usize = if cfg!(loom) { 1 } else { 16 };

/// Words before the data, which begins at a pair of lines.
pub(super) const HEADER_WORDS: usize = if cfg!(loom) { 2 } else { 32 };

/// Bits of `FLAGS`.
pub(super) const PRODUCER_CLOSED: u64 = 1;
pub(super) const CONSUMER_CLOSED: u64 = 2;
pub(super) const PRODUCER_WAITS: u64 = 4;

const WORD_BYTES: usize = size_of::<u64>();

/// Set in each head word, so that none is zero, which means "no record yet".
const MARK: u64 = 1 << 63;

/// Words of a record of so many bytes, its head included.
pub(super) fn record_words(bytes: usize) -> u64 {
    1 + bytes.div_ceil(WORD_BYTES) as u64
}

/// The longest record in a ring of so many data words: beside it there are its head and the zero
/// where the next one's head will stand.
pub(super) fn record_bytes_most(data_words: usize) -> usize {
    data_words.saturating_sub(2) * WORD_BYTES
}

/// The head word of a record of `bytes` (checked against `record_bytes_most`) at position `at`:
/// the mark, 31 bits of the position, 32 bits of length. The position makes a head that was left
/// from an earlier time around, or any other bytes, be no head.
pub(super) fn head(at: u64, bytes: usize) -> u64 {
    MARK | ((at & 0x7fff_ffff) << 32) | bytes as u64
}

/// The length that a head word says, if a producer can have written it at this position.
pub(super) fn length(at: u64, word: u64, data_words: usize) -> Result<usize, Fault> {
    let bytes = (word & 0xffff_ffff) as usize;
    if bytes > record_bytes_most(data_words) || head(at, bytes) != word {
        return Err(Fault::Head { at, word });
    }
    Ok(bytes)
}

/// The data words of a ring's memory. Its size was checked when the end was made.
#[inline]
pub(super) fn data(words: &[AtomicU64]) -> &[AtomicU64] {
    words.get(HEADER_WORDS..).unwrap_or_default()
}

/// The word of the data at this position.
#[inline]
pub(super) fn slot(data: &[AtomicU64], at: u64) -> &AtomicU64 {
    // The length is a power of two, so this is the remainder, and always inside.
    &data[at as usize & (data.len() - 1)]
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_its_length_at_its_place_alone() {
        for (at, bytes) in [(0, 0), (1, 8), (0x7fff_ffff, 16), (1 << 40, 13)] {
            let word = head(at, bytes);
            assert_ne!(word, 0);
            assert_eq!(length(at, word, 64), Ok(bytes));
            assert_eq!(length(at + 1, word, 64), Err(Fault::Head { at: at + 1, word }));
        }
    }

    #[test]
    fn no_length_is_trusted() {
        for bytes in [497, 4096, 0xffff_ffff] {
            let word = head(7, bytes);
            assert_eq!(length(7, word, 64), Err(Fault::Head { at: 7, word }));
        }
        assert_eq!(length(7, head(7, 496), 64), Ok(496));
    }
}
