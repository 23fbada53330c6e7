//! Bytes into words and back.
//!
//! The words are of the memory's own order, as both ends are on one machine. All accesses are
//! relaxed atomics: what they cost is what plain ones cost, and whatever another process does to
//! the same words at the same time is defined. Used by both ends.

use super::layout::slot;
use crate::sync::{AtomicU64, Ordering::Relaxed, load_quiet};

/// Writes the parts one after the other to the words from position `at`, the last word padded
/// with zeroes.
pub(super) fn put(data: &[AtomicU64], mut at: u64, parts: &[&[u8]]) {
    let (mut open, mut filled) = ([0; 8], 0);
    for part in parts {
        let mut rest = *part;
        if filled > 0 {
            let (first, others) = rest.split_at(rest.len().min(8 - filled));
            open[filled..filled + first.len()].copy_from_slice(first);
            filled += first.len();
            rest = others;
            if filled < 8 {
                continue;
            }
            slot(data, at).store(u64::from_ne_bytes(open), Relaxed);
            at += 1;
        }
        let (whole, last) = rest.as_chunks::<8>();
        for chunk in whole {
            slot(data, at).store(u64::from_ne_bytes(*chunk), Relaxed);
            at += 1;
        }
        open = [0; 8];
        open[..last.len()].copy_from_slice(last);
        filled = last.len();
    }
    if filled > 0 {
        slot(data, at).store(u64::from_ne_bytes(open), Relaxed);
    }
}

/// Makes `into` the `bytes` bytes that stand in the words from position `at`.
pub(super) fn get(data: &[AtomicU64], mut at: u64, bytes: usize, into: &mut Vec<u8>) {
    into.resize(bytes, 0);
    let (whole, last) = into.as_chunks_mut::<8>();
    for chunk in whole {
        *chunk = load_quiet(slot(data, at)).to_ne_bytes();
        at += 1;
    }
    if !last.is_empty() {
        let word = load_quiet(slot(data, at)).to_ne_bytes();
        last.copy_from_slice(&word[..last.len()]);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::memory::heap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_come_back_as_one(
            at in 0u64..64,
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
        ) {
            let memory = heap(64);
            let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            put(&memory, at, &slices);
            let (whole, mut out) = (parts.concat(), vec![9; 3]);
            get(&memory, at, whole.len(), &mut out);
            prop_assert_eq!(out, whole);
        }
    }

    #[test]
    fn padding_is_zero() {
        let memory = heap(2);
        memory[1].store(u64::MAX, Relaxed);
        put(&memory, 0, &[b"123456789"]);
        assert_eq!(memory[1].load(Relaxed), u64::from_ne_bytes([b'9', 0, 0, 0, 0, 0, 0, 0]));
    }
}
