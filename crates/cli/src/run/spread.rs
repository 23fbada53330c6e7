//! How many of so many processes go to which host: the one with most room for another gets it.
//! Pure. Called by `posse spawn`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What a host has and does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Room for tasks; a host without any is taken as one with a single slot.
    pub slots: u32,
    /// Processes that run there already, as the load of one minute says; rounded, so that noise
    /// does not choose.
    pub busy: u32,
}

/// Processes for each host. With equal hosts each gets one before any gets a second; the first
/// host is the first.
pub fn over(count: u32, hosts: &[Room]) -> Vec<u32> {
    let mut given = vec![0; hosts.len()];
    // Halves of slots would not be told apart by whole numbers.
    let full = |room: &Room, given: u32| {
        const SCALE: u64 = 1 << 20;
        u64::from(room.busy).saturating_add(u64::from(given) + 1) * SCALE
            / u64::from(room.slots.max(1))
    };
    let mut queue: BinaryHeap<_> =
        hosts.iter().enumerate().map(|(at, room)| Reverse((full(room, 0), at))).collect();
    for _ in 0..count {
        let Some(Reverse((_, at))) = queue.pop() else { break };
        given[at] += 1;
        queue.push(Reverse((full(&hosts[at], given[at]), at)));
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(slots: u32, busy: u32) -> Room {
        Room { slots, busy }
    }

    #[test]
    fn equal_hosts_get_them_in_turns() {
        let hosts = [room(1, 0); 3];
        assert_eq!(over(1, &hosts), [1, 0, 0]);
        assert_eq!(over(7, &hosts), [3, 2, 2]);
        assert_eq!(over(2, &[]), Vec::<u32>::new());
    }

    #[test]
    fn slots_and_load_count() {
        assert_eq!(over(6, &[room(4, 0), room(2, 0)]), [4, 2]);
        assert_eq!(over(2, &[room(2, 2), room(2, 0)]), [0, 2]);
        assert_eq!(over(3, &[room(0, 0), room(2, 0)]), [1, 2]);
        assert_eq!(over(1, &[room(1, u32::MAX), room(1, 0)]), [0, 1]);
    }
}
