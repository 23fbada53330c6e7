//! One gets the combination of what all have.

use super::schedule::{Op, Schedule};
use super::tree::Tree;

/// Up a binomial tree. Cell 0 is one's own operand, and the root's result in the end. Operands are
/// combined in the order of ranks from the root on; so if the combination does not commute, rank
/// 0 is the tree's root, and hands the result to the root that was meant.
pub fn tree(rank: usize, size: usize, root: usize, commutes: bool) -> Schedule {
    let top = if commutes { root } else { 0 };
    let tree = Tree::new(rank, size, top);
    let mut schedule = Schedule::new(2);
    for (child, _) in tree.children() {
        let receive = Op::Receive { from: tree.rank(child), slot: 0, cells: vec![1] };
        schedule.round([receive, Op::Combine { left: 0, right: 1, into: 0 }]);
    }
    if let Some(parent) = tree.parent() {
        schedule.round([Op::Send { to: tree.rank(parent), slot: 0, cells: vec![0] }]);
    }
    if top != root && rank == top {
        schedule.round([Op::Send { to: root, slot: 1, cells: vec![0] }]);
    }
    if top != root && rank == root {
        schedule.round([Op::Receive { from: top, slot: 1, cells: vec![0] }]);
    }
    schedule
}
