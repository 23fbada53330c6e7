//! Binomial trees over ranks, whose root is any rank: others are counted from it. And powers of
//! two.

/// A group as seen from a root: places 0 to size-1, the root's is 0.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Tree {
    pub place: usize,
    size: usize,
    root: usize,
}

impl Tree {
    pub fn new(rank: usize, size: usize, root: usize) -> Tree {
        Tree { place: (rank + size - root) % size, size, root }
    }

    /// The rank at a place.
    pub fn rank(&self, place: usize) -> usize {
        (place + self.root) % self.size
    }

    /// The place of the parent: without the lowest bit. None for the root.
    pub fn parent(&self) -> Option<usize> {
        (self.place > 0).then(|| self.place & (self.place - 1))
    }

    /// Children, nearest first, each with the end of the places at and below it: the child at
    /// `place + 2^k` has those below `place + 2^(k+1)`.
    pub fn children(&self) -> Vec<(usize, usize)> {
        let (place, size) = (self.place, self.size);
        let bits = if place == 0 { usize::BITS - 1 } else { place.trailing_zeros() };
        let children = (0..bits).map(move |k| (place + (1 << k), place + (2 << k)));
        let children = children.take_while(|(child, _)| *child < size);
        children.map(|(child, end)| (child, end.min(size))).collect()
    }

    /// The places at and below this one.
    pub fn end(&self) -> usize {
        self.children().last().map_or(self.place + 1, |(_, end)| *end)
    }
}

/// The powers of two below the size, with the number of each.
pub fn doublings(size: usize) -> impl Iterator<Item = (u32, usize)> {
    (0..usize::BITS - 1).map(|k| (k, 1 << k)).take_while(move |(_, step)| *step < size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_one_parent_and_is_below_it() {
        for size in 1..40 {
            let mut parents = vec![None; size];
            for place in 0..size {
                let tree = Tree { place, size, root: 0 };
                let mut next = place + 1;
                for (child, end) in tree.children() {
                    assert_eq!(child, next);
                    assert_eq!(parents[child].replace(place), None);
                    let below = Tree { place: child, ..tree };
                    assert_eq!((below.parent(), below.end()), (Some(place), end));
                    next = end;
                }
                assert_eq!(tree.end(), next);
            }
            assert!(parents[1..].iter().all(Option::is_some) && parents[0].is_none());
        }
    }
}
