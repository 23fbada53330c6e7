//! All get the parts of all. Parts may have different lengths. Everybody begins with its part in
//! the cell of its rank, and has all in the end.

use super::schedule::{Op, Schedule};
use super::tree::doublings;

/// Around the ring, a part a round: nothing is carried twice over any edge.
pub fn ring(rank: usize, size: usize) -> Schedule {
    let mut schedule = Schedule::new(size);
    let (to, from) = ((rank + 1) % size, (rank + size - 1) % size);
    for step in 0..size - 1 {
        let slot = step as u32;
        let mine = (rank + size - step) % size;
        let next = (mine + size - 1) % size;
        let send = Op::Send { to, slot, cells: vec![mine] };
        schedule.round([send, Op::Receive { from, slot, cells: vec![next] }]);
    }
    schedule
}

/// Twice as many parts each round (Bruck et al. 1997), for small ones.
pub fn doubling(rank: usize, size: usize) -> Schedule {
    let mut schedule = Schedule::new(size);
    for (slot, step) in doublings(size) {
        // At most as many as the other one lacks.
        let count = step.min(size - step);
        let parts = |first: usize| (0..count).map(|n| (first + n) % size).collect();
        let (to, from) = ((rank + size - step) % size, (rank + step) % size);
        let send = Op::Send { to, slot, cells: parts(rank) };
        schedule.round([send, Op::Receive { from, slot, cells: parts(from) }]);
    }
    schedule
}
