//! One gets the parts of all. Parts may have different lengths.

use super::schedule::{Op, Schedule};
use super::tree::Tree;

/// Up a binomial tree, each with the parts of all below it. Everybody begins with its part in the
/// cell of its rank; the root has all in the end.
pub fn tree(rank: usize, size: usize, root: usize) -> Schedule {
    let tree = Tree::new(rank, size, root);
    let ranks = |from: usize, to: usize| (from..to).map(|place| tree.rank(place)).collect();
    let mut schedule = Schedule::new(size);
    let receive = |(child, end)| {
        let from = tree.rank(child);
        Op::Receive { from, slot: 0, cells: ranks(child, end) }
    };
    schedule.round(tree.children().into_iter().map(receive).collect::<Vec<_>>());
    if let Some(parent) = tree.parent() {
        let cells = ranks(tree.place, tree.end());
        schedule.round([Op::Send { to: tree.rank(parent), slot: 0, cells }]);
    }
    schedule
}

/// From each to the root, for large parts: none is carried twice. Cells as of `tree`.
pub fn linear(rank: usize, size: usize, root: usize) -> Schedule {
    let mut schedule = Schedule::new(size);
    if rank != root {
        schedule.round([Op::Send { to: root, slot: 0, cells: vec![rank] }]);
        return schedule;
    }
    let others = (0..size).filter(|other| *other != root);
    let receive = |from| Op::Receive { from, slot: 0, cells: vec![from] };
    schedule.round(others.map(receive).collect::<Vec<_>>());
    schedule
}
