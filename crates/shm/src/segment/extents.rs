//! Which parts of a segment are free: pure numbers.
//!
//! The smallest free range that is large enough is used (best fit), so that large ones stay whole;
//! ranges that touch become one. Called by `owner`.

use std::collections::{BTreeMap, BTreeSet};

/// Extents begin and end at cache lines, so that no two share one.
const ALIGN_BYTES: u64 = 64;

/// The free ranges of a segment.
#[derive(Debug)]
pub(super) struct Extents {
    /// Length by start.
    by_start: BTreeMap<u64, u64>,
    /// The same as (length, start).
    by_length: BTreeSet<(u64, u64)>,
}

impl Extents {
    /// All of `size` bytes are free.
    pub fn new(size: u64) -> Extents {
        let mut extents = Extents { by_start: BTreeMap::new(), by_length: BTreeSet::new() };
        extents.insert(0, size / ALIGN_BYTES * ALIGN_BYTES);
        extents
    }

    /// The offset of `bytes` bytes that are free no longer.
    pub fn take(&mut self, bytes: u64) -> Option<u64> {
        let wanted = rounded(bytes)?;
        let (length, start) = *self.by_length.range((wanted, 0)..).next()?;
        self.remove(start, length);
        self.insert(start + wanted, length - wanted);
        Some(start)
    }

    /// Gives back what `take` gave for as many bytes.
    pub fn give(&mut self, at: u64, bytes: u64) {
        let (mut start, mut length) = (at, rounded(bytes).unwrap_or(0));
        let before = self.by_start.range(..at).next_back().map(|(start, length)| (*start, *length));
        if let Some((earlier, its)) = before.filter(|(earlier, its)| earlier + its == at) {
            self.remove(earlier, its);
            (start, length) = (earlier, its + length);
        }
        if let Some(its) = self.by_start.get(&(start + length)).copied() {
            self.remove(start + length, its);
            length += its;
        }
        self.insert(start, length);
    }

    /// Bytes that are free, in however many pieces.
    pub fn free_bytes(&self) -> u64 {
        self.by_start.values().sum()
    }

    fn insert(&mut self, start: u64, length: u64) {
        if length > 0 {
            self.by_start.insert(start, length);
            self.by_length.insert((length, start));
        }
    }

    fn remove(&mut self, start: u64, length: u64) {
        self.by_start.remove(&start);
        self.by_length.remove(&(length, start));
    }
}

/// An empty message has a place as well.
fn rounded(bytes: u64) -> Option<u64> {
    bytes.max(1).checked_next_multiple_of(ALIGN_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_two_overlap_and_all_comes_back(
            steps in prop::collection::vec(
                (any::<bool>(), 0u64..3000, any::<prop::sample::Index>()), 0..200),
        ) {
            let size = 16 * 1024;
            let mut extents = Extents::new(size);
            let mut used: Vec<(u64, u64)> = vec![];
            for (take, bytes, which) in steps {
                if take {
                    let Some(at) = extents.take(bytes) else { continue };
                    let end = at + rounded(bytes).unwrap();
                    prop_assert!(end <= size && at % ALIGN_BYTES == 0);
                    for (other, its) in &used {
                        prop_assert!(end <= *other || *other + rounded(*its).unwrap() <= at);
                    }
                    used.push((at, bytes));
                } else if !used.is_empty() {
                    let (at, bytes) = used.swap_remove(which.index(used.len()));
                    extents.give(at, bytes);
                }
                let taken: u64 = used.iter().map(|(_, bytes)| rounded(*bytes).unwrap()).sum();
                prop_assert_eq!(extents.free_bytes(), size - taken);
            }
            for (at, bytes) in used {
                extents.give(at, bytes);
            }
            prop_assert_eq!(extents.take(size), Some(0));
        }
    }

    #[test]
    fn what_can_not_be_is_not_there() {
        let mut extents = Extents::new(1000);
        assert_eq!(extents.free_bytes(), 960);
        assert_eq!(extents.take(961), None);
        assert_eq!(extents.take(u64::MAX), None);
        assert_eq!(extents.take(960), Some(0));
        assert_eq!(extents.take(0), None);
    }
}
