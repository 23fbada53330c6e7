//! All get the combination of what all have.

use super::all_gather;
use super::schedule::{Op, Schedule};

/// Recursive doubling: in each round, twice as many operands are in what one has. Where the size
/// is no power of two, neighbours first become one (Thakur, Rabenseifner, Gropp 2005). Cell 0 is
/// one's own operand, and the result in the end. Keeps the order of ranks.
pub fn doubling(rank: usize, size: usize) -> Schedule {
    const FOLD: u32 = 0;
    const UNFOLD: u32 = 1;
    let mut schedule = Schedule::new(2);
    let power = 1 << size.ilog2();
    let extra = size - power;
    // Of the first ranks, each even one hands its operand to the next one, and waits.
    if rank < 2 * extra && rank.is_multiple_of(2) {
        schedule.round([Op::Send { to: rank + 1, slot: FOLD, cells: vec![0] }]);
        schedule.round([Op::Receive { from: rank + 1, slot: UNFOLD, cells: vec![0] }]);
        return schedule;
    }
    if rank < 2 * extra {
        let receive = Op::Receive { from: rank - 1, slot: FOLD, cells: vec![1] };
        schedule.round([receive, Op::Combine { left: 1, right: 0, into: 0 }]);
    }
    let place = if rank < 2 * extra { rank / 2 } else { rank - extra };
    let rank_of = |place: usize| if place < extra { 2 * place + 1 } else { place + extra };
    for bit in 0..power.ilog2() {
        let other = place ^ (1 << bit);
        let (peer, slot) = (rank_of(other), UNFOLD + 1 + bit);
        let (left, right) = if other < place { (1, 0) } else { (0, 1) };
        schedule.round([
            Op::Send { to: peer, slot, cells: vec![0] },
            Op::Receive { from: peer, slot, cells: vec![1] },
            Op::Combine { left, right, into: 0 },
        ]);
    }
    if rank < 2 * extra {
        schedule.round([Op::Send { to: rank - 1, slot: UNFOLD, cells: vec![0] }]);
    }
    schedule
}

/// In blocks around the ring, for large operands: first each block is combined on its way around,
/// then all gather them, so that each sends about two times the whole whatever the size. Cells
/// are one's operand in as many blocks as there are members, and the result's in the end. The
/// combination commutes, and works on blocks.
pub fn ring(rank: usize, size: usize) -> Schedule {
    let mut schedule = Schedule::new(size + 1);
    let (to, from) = ((rank + 1) % size, (rank + size - 1) % size);
    for step in 0..size - 1 {
        let slot = step as u32;
        // Ends with one's own block whole.
        let mine = (rank + 2 * size - step - 1) % size;
        let next = (mine + size - 1) % size;
        schedule.round([
            Op::Send { to, slot, cells: vec![mine] },
            Op::Receive { from, slot, cells: vec![size] },
            Op::Combine { left: next, right: size, into: next },
        ]);
    }
    schedule.then(all_gather::ring(rank, size), size as u32);
    schedule
}
