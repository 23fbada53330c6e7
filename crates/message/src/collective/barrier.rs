//! Nobody leaves before all have come: dissemination (Hensgen, Finkel, Manber 1988), in as many
//! rounds as the size has doublings.

use super::schedule::{Op, Schedule};
use super::tree::doublings;

/// No cells; the messages are empty.
pub fn dissemination(rank: usize, size: usize) -> Schedule {
    let mut schedule = Schedule::new(0);
    for (slot, step) in doublings(size) {
        let (to, from) = ((rank + step) % size, (rank + size - step) % size);
        let send = Op::Send { to, slot, cells: vec![] };
        schedule.round([send, Op::Receive { from, slot, cells: vec![] }]);
    }
    schedule
}
