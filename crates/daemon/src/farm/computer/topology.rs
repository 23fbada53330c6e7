//! Cores by NUMA node, from `/sys/devices/system/node`.

use super::Computer;
use posse_farm::worker::Topology;
use rustix::thread::{CpuSet, sched_getaffinity};

/// Cores that this daemon, and so all that it starts, may run on.
pub(in crate::farm) fn allowed() -> Vec<u16> {
    let Ok(set) = sched_getaffinity(None) else { return Vec::new() };
    let numbers = (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core));
    numbers.filter_map(|core| u16::try_from(core).ok()).collect()
}

impl Computer {
    /// Of these cores. Those of no node that is told are one node.
    pub fn topology(&self, allowed: &[u16]) -> Topology {
        const NODES: &str = "sys/devices/system/node";
        let mut left = allowed.to_vec();
        let mut nodes = Vec::new();
        for node in self.names(NODES, "node") {
            let list = self.read(format!("{NODES}/{node}/cpulist")).unwrap_or_default();
            let is_in = |core: &u16| holds(&list, *core);
            let (here, elsewhere): (Vec<u16>, Vec<u16>) = left.iter().partition(|c| is_in(c));
            left = elsewhere;
            if !here.is_empty() {
                nodes.push(here);
            }
        }
        if !left.is_empty() {
            nodes.push(left);
        }
        Topology { nodes }
    }
}

/// Whether a core is in the kernel's list, such as `0-3,8-11` (cpuset(7), List format).
fn holds(list: &str, core: u16) -> bool {
    list.trim().split(',').any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let bound = |text: &str| text.trim().parse::<u16>().ok();
        bound(first).zip(bound(last)).is_some_and(|(first, last)| (first..=last).contains(&core))
    })
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    #[test]
    fn cores_are_by_node_and_only_those_allowed() {
        let fake = Fake::new(&[
            ("sys/devices/system/node/node10/cpulist", "12-13\n"),
            ("sys/devices/system/node/node2/cpulist", "4-7\n"),
            ("sys/devices/system/node/node0/cpulist", "0-1,8\n"),
            ("sys/devices/system/node/online", "0,2,10\n"),
        ]);
        let nodes = |allowed: &[u16]| fake.computer().topology(allowed).nodes;
        let all: Vec<u16> = (0..14).collect();
        let rest = vec![2, 3, 9, 10, 11];
        assert_eq!(nodes(&all), [vec![0, 1, 8], vec![4, 5, 6, 7], vec![12, 13], rest]);
        assert_eq!(nodes(&[5, 8]), [vec![8], vec![5]]);
        assert_eq!(Fake::new(&[]).computer().topology(&[0, 1]).nodes, [vec![0, 1]]);
    }

    #[test]
    fn lists_are_the_kernels() {
        assert!(holds("0-3,8-11\n", 3) && holds("7", 7) && !holds("0-3,8-11", 4));
        assert!(!holds("", 0) && !holds("x-y,-,3-", 0) && !holds("5-2", 3));
    }
}
