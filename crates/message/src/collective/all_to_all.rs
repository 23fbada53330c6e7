//! Each has a part for each. Parts may have different lengths.

use super::schedule::{Op, Schedule};

/// In pairs, at another distance each round: everybody sends one and receives one. Cell `n` is
/// what one has for rank `n`; cell `size + n` is what one got from rank `n` in the end.
pub fn pairwise(rank: usize, size: usize) -> Schedule {
    let mut schedule = Schedule::new(2 * size);
    schedule.round([Op::Copy { from: rank, into: size + rank }]);
    for step in 1..size {
        let (to, from) = ((rank + step) % size, (rank + size - step) % size);
        let slot = step as u32;
        let send = Op::Send { to, slot, cells: vec![to] };
        schedule.round([send, Op::Receive { from, slot, cells: vec![size + from] }]);
    }
    schedule
}
