//! Each gets its part of what one has. Parts may have different lengths.

use super::schedule::{Op, Schedule};
use super::tree::Tree;

/// Down a binomial tree, each child with the parts of all below it. The root's cells are the
/// parts by rank; everybody's own part is in the cell of its rank in the end.
pub fn tree(rank: usize, size: usize, root: usize) -> Schedule {
    let tree = Tree::new(rank, size, root);
    let ranks = |from: usize, to: usize| (from..to).map(|place| tree.rank(place)).collect();
    let mut schedule = Schedule::new(size);
    if let Some(parent) = tree.parent() {
        let cells = ranks(tree.place, tree.end());
        schedule.round([Op::Receive { from: tree.rank(parent), slot: 0, cells }]);
    }
    let children = tree.children().into_iter().rev();
    let send = |(child, end)| Op::Send { to: tree.rank(child), slot: 0, cells: ranks(child, end) };
    schedule.round(children.map(send).collect::<Vec<_>>());
    schedule
}

/// From the root to each, for large parts: none is carried twice. Cells as of `tree`.
pub fn linear(rank: usize, size: usize, root: usize) -> Schedule {
    let mut schedule = Schedule::new(size);
    if rank != root {
        schedule.round([Op::Receive { from: root, slot: 0, cells: vec![rank] }]);
        return schedule;
    }
    let others = (0..size).filter(|other| *other != root);
    let send = |to| Op::Send { to, slot: 0, cells: vec![to] };
    schedule.round(others.map(send).collect::<Vec<_>>());
    schedule
}
