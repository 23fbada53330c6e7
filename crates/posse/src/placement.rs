//! On which hosts so many processes start: where cores are free first, and by speed. Pure; what
//! must be asked of hosts is asked by `vm/place.rs`. Called by that.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The speed of a core where nothing is known: measured ones are told in parts of such a core, and
/// PVM's `sp=` is 1000 where nothing else is said.
pub const SPEED: u32 = 1000;

/// What a host has and does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Room for processes; a host without any is taken as one with a single slot.
    pub slots: u32,
    /// Processes that run there already; whole ones, so that noise does not choose.
    pub busy: u32,
    /// Of a core, [`SPEED`] for a usual one; 0 where it is not known.
    pub speed: u32,
}

/// Speeds that differ by less than a quarter are one: some milliseconds on a computer that others
/// use measure no better, and equal hosts should get equal parts.
const ALIKE_PERCENT: u64 = 75;

/// The host of each process, as places in `hosts`, in the order in which they were chosen. A host
/// with a free slot comes before one without; among them the one that has most speed left for each
/// of its processes; among equal ones the first. With equal hosts each gets one before any gets a
/// second.
pub fn by_load(count: u32, hosts: &[Room]) -> Vec<usize> {
    let speeds = levelled(hosts);
    let worth = |at: usize, given: u32| {
        // Parts of slots would not be told apart by whole numbers.
        const SCALE: u64 = 1 << 30;
        let slots = u64::from(hosts[at].slots.max(1));
        let running = u64::from(hosts[at].busy).saturating_add(u64::from(given));
        (running >= slots, (running + 1) * SCALE / (slots * u64::from(speeds[at])))
    };
    let mut given = vec![0; hosts.len()];
    let mut queue: BinaryHeap<_> = (0..hosts.len()).map(|at| Reverse((worth(at, 0), at))).collect();
    let mut chosen = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let Some(Reverse((_, at))) = queue.pop() else { break };
        chosen.push(at);
        given[at] += 1;
        queue.push(Reverse((worth(at, given[at]), at)));
    }
    chosen
}

/// Each host in turn, whatever it has and does.
pub fn in_turn(count: u32, hosts: usize) -> Vec<usize> {
    if hosts == 0 { Vec::new() } else { (0..count as usize).map(|at| at % hosts).collect() }
}

/// Speeds, those that are alike made equal to the greatest of them.
fn levelled(hosts: &[Room]) -> Vec<u32> {
    let speed = |room: &Room| if room.speed == 0 { SPEED } else { room.speed };
    let mut sorted: Vec<u32> = hosts.iter().map(speed).collect();
    sorted.sort_unstable_by_key(|speed| Reverse(*speed));
    let mut levels: Vec<u32> = Vec::new();
    for speed in sorted {
        let alike = |level: &u32| u64::from(speed) * 100 >= u64::from(*level) * ALIKE_PERCENT;
        if !levels.last().is_some_and(alike) {
            levels.push(speed);
        }
    }
    let level = |speed: u32| levels.iter().copied().rfind(|level| *level >= speed);
    hosts.iter().map(speed).map(|speed| level(speed).unwrap_or(speed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(slots: u32, busy: u32) -> Room {
        Room { slots, busy, speed: 0 }
    }

    /// How many each host got.
    fn counts(count: u32, hosts: &[Room]) -> Vec<usize> {
        let chosen = by_load(count, hosts);
        (0..hosts.len()).map(|host| chosen.iter().filter(|at| **at == host).count()).collect()
    }

    #[test]
    fn equal_hosts_get_them_in_turns() {
        let hosts = [room(1, 0); 3];
        assert_eq!(by_load(5, &hosts), [0, 1, 2, 0, 1]);
        assert_eq!(by_load(2, &[]), Vec::<usize>::new());
        assert_eq!(in_turn(5, 3), [0, 1, 2, 0, 1]);
        assert_eq!(in_turn(5, 0), Vec::<usize>::new());
    }

    #[test]
    fn slots_and_load_count() {
        assert_eq!(counts(6, &[room(4, 0), room(2, 0)]), [4, 2]);
        assert_eq!(counts(2, &[room(2, 2), room(2, 0)]), [0, 2]);
        assert_eq!(counts(3, &[room(0, 0), room(2, 0)]), [1, 2]);
        assert_eq!(counts(1, &[room(1, u32::MAX), room(1, 0)]), [0, 1]);
    }

    #[test]
    fn a_faster_host_gets_more_and_no_core_is_idle_meanwhile() {
        let hosts = [room(4, 0), Room { speed: 2 * SPEED, ..room(4, 0) }];
        assert_eq!(counts(1, &hosts), [0, 1]);
        assert_eq!(counts(3, &hosts), [1, 2]);
        assert_eq!(counts(8, &hosts), [4, 4]);
        assert_eq!(counts(12, &hosts), [4, 8]);
        let busy = [room(4, 0), Room { busy: 4, speed: 10 * SPEED, ..room(4, 0) }];
        assert_eq!(counts(4, &busy), [4, 0]);
    }

    #[test]
    fn small_differences_of_speed_do_not_choose() {
        let measured = [900, 1000, 760, 400, 310].map(|speed| Room { speed, ..room(1, 0) });
        assert_eq!(levelled(&measured), [1000, 1000, 1000, 400, 400]);
        assert_eq!(by_load(3, &measured), [0, 1, 2]);
        let odd = [Room { speed: u32::MAX, ..room(u32::MAX, 0) }, room(1, 0)];
        assert_eq!(counts(2, &odd), [2, 0]);
    }
}
