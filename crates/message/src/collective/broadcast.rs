//! All get what one has.

use super::all_gather;
use super::scatter;
use super::schedule::{Op, Schedule};
use super::tree::Tree;

/// Down a binomial tree, whole. Cell 0 is what the root has, and what all have in the end.
pub fn tree(rank: usize, size: usize, root: usize) -> Schedule {
    let tree = Tree::new(rank, size, root);
    let mut schedule = Schedule::new(1);
    if let Some(parent) = tree.parent() {
        let from = tree.rank(parent);
        schedule.round([Op::Receive { from, slot: 0, cells: vec![0] }]);
    }
    // The child with most below it first.
    let children = tree.children().into_iter().rev();
    let send = |(child, _)| Op::Send { to: tree.rank(child), slot: 0, cells: vec![0] };
    schedule.round(children.map(send).collect::<Vec<_>>());
    schedule
}

/// In blocks: scattered down the tree, then gathered by all around the ring (van de Geijn), so
/// that each sends about two times the whole, not as many times as it has children. The root's
/// cells are the whole in as many blocks as there are members; all have these in the end.
pub fn spread(rank: usize, size: usize, root: usize) -> Schedule {
    let mut schedule = scatter::tree(rank, size, root);
    schedule.then(all_gather::ring(rank, size), 1);
    schedule
}
