//! Which algorithm for which size and number. All members choose alike, so only what all of them
//! know is asked: the length that all have in common, and the number of members.

use crate::limits::{COLLECTIVE_SMALL_BYTES_MAX, COLLECTIVE_SPREAD_BYTES_MIN};

/// How a broadcast goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Broadcast {
    Tree,
    Spread,
}

impl Broadcast {
    /// For so many bytes, which are to be known to all. Where they are not, the tree.
    pub fn choose(bytes: usize, size: usize) -> Broadcast {
        match bytes >= COLLECTIVE_SPREAD_BYTES_MIN && size > 3 {
            true => Broadcast::Spread,
            false => Broadcast::Tree,
        }
    }
}

/// How an all-reduce goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum AllReduce {
    Doubling,
    Ring,
}

impl AllReduce {
    /// For operands of so many bytes; the ring is for combinations that commute.
    pub fn choose(bytes: usize, size: usize, commutes: bool) -> AllReduce {
        match commutes && bytes >= COLLECTIVE_SPREAD_BYTES_MIN && size > 2 {
            true => AllReduce::Ring,
            false => AllReduce::Doubling,
        }
    }
}

/// How a gather or a scatter goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Gather {
    Tree,
    Linear,
}

impl Gather {
    /// For parts of so many bytes, which are to be known to all. Where they are not, linear.
    pub fn choose(part_bytes: usize) -> Gather {
        if part_bytes <= COLLECTIVE_SMALL_BYTES_MAX { Gather::Tree } else { Gather::Linear }
    }
}

/// How an all-gather goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum AllGather {
    Doubling,
    Ring,
}

impl AllGather {
    /// For parts of so many bytes, which are to be known to all. Where they are not, the ring.
    pub fn choose(part_bytes: usize) -> AllGather {
        if part_bytes <= COLLECTIVE_SMALL_BYTES_MAX { AllGather::Doubling } else { AllGather::Ring }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_ones_go_in_parts_where_that_saves() {
        let large = COLLECTIVE_SPREAD_BYTES_MIN;
        assert_eq!(Broadcast::choose(large, 4), Broadcast::Spread);
        assert_eq!(Broadcast::choose(large, 2), Broadcast::Tree);
        assert_eq!(AllReduce::choose(large, 8, true), AllReduce::Ring);
        assert_eq!(AllReduce::choose(large, 8, false), AllReduce::Doubling);
        assert_eq!((Gather::choose(8), AllGather::choose(8)), (Gather::Tree, AllGather::Doubling));
    }
}
