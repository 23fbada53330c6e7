//! Each gets the combination of what it and all before it have.

use super::schedule::{Op, Schedule};
use super::tree::doublings;

/// Recursive doubling (Hillis, Steele 1986). Cell 0 is one's own operand, and the result in the
/// end. Keeps the order of ranks.
pub fn doubling(rank: usize, size: usize) -> Schedule {
    let mut schedule = Schedule::new(2);
    for (slot, step) in doublings(size) {
        let mut round = vec![];
        if rank + step < size {
            round.push(Op::Send { to: rank + step, slot, cells: vec![0] });
        }
        if rank >= step {
            round.push(Op::Receive { from: rank - step, slot, cells: vec![1] });
            round.push(Op::Combine { left: 1, right: 0, into: 0 });
        }
        schedule.round(round);
    }
    schedule
}
