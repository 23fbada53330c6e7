//! Which cores a task gets. Whole cores are its own, on as few NUMA nodes as can be; what is left
//! over of a core is shared with other tasks that need only a part.

use crate::limits;
use serde::{Deserialize, Serialize};

/// The cores that tasks may use, by NUMA node, each numbered as the kernel does.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Topology {
    pub nodes: Vec<Vec<u16>>,
}

/// A whole core, in thousandths.
const WHOLE: u32 = 1000;

#[derive(Debug, Clone)]
pub struct Cores {
    nodes: Vec<Vec<Core>>,
}

#[derive(Debug, Clone, Copy)]
struct Core {
    number: u16,
    /// Thousandths.
    free: u32,
}

impl Cores {
    pub fn of(topology: &Topology) -> Cores {
        let core = |number: &u16| Core { number: *number, free: WHOLE };
        let nodes = topology.nodes.iter().filter(|node| !node.is_empty());
        let nodes = nodes.map(|node| node.iter().take(limits::CORES_MAX).map(core).collect());
        Cores { nodes: nodes.collect() }
    }

    /// Takes that many thousandths: the numbers of the cores, the shared one last. None, and
    /// nothing is taken: they are not free in that form.
    pub fn take(&mut self, thousandths: u32) -> Option<Vec<u16>> {
        let (whole, part) = ((thousandths / WHOLE) as usize, thousandths % WHOLE);
        let free: usize = (0..self.nodes.len()).map(|node| self.whole(node)).sum();
        if free < whole {
            return None;
        }
        let mut trial = self.clone();
        let mut taken = trial.take_whole(whole);
        if part > 0 {
            taken.push(trial.take_part(part)?);
        }
        *self = trial;
        Some(taken)
    }

    /// Gives back what [`Cores::take`] gave for as many thousandths.
    pub fn give(&mut self, thousandths: u32, cores: &[u16]) {
        let whole = (thousandths / WHOLE) as usize;
        for (place, number) in cores.iter().enumerate() {
            let amount = if place < whole { WHOLE } else { thousandths % WHOLE };
            let all = self.nodes.iter_mut().flatten();
            if let Some(core) = all.into_iter().find(|core| core.number == *number) {
                core.free = (core.free + amount).min(WHOLE);
            }
        }
    }

    fn whole(&self, node: usize) -> usize {
        self.nodes[node].iter().filter(|core| core.free == WHOLE).count()
    }

    /// From the node where they fit most tightly; from the emptiest ones where none has all.
    fn take_whole(&mut self, mut want: usize) -> Vec<u16> {
        let mut taken = vec![];
        while want > 0 {
            let nodes = 0..self.nodes.len();
            let tight = nodes.clone().filter(|node| self.whole(*node) >= want);
            let tight = tight.min_by_key(|node| self.whole(*node));
            let Some(node) = tight.or_else(|| nodes.max_by_key(|node| self.whole(*node))) else {
                return taken;
            };
            let cores = self.nodes[node].iter_mut().filter(|core| core.free == WHOLE);
            for core in cores.take(want) {
                core.free = 0;
                taken.push(core.number);
                want -= 1;
            }
        }
        taken
    }

    /// Of the core with the least left that is enough.
    fn take_part(&mut self, part: u32) -> Option<u16> {
        let enough = self.nodes.iter_mut().flatten().filter(|core| core.free >= part);
        let core = enough.min_by_key(|core| core.free)?;
        core.free -= part;
        Some(core.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_nodes() -> Cores {
        Cores::of(&Topology { nodes: vec![vec![0, 1, 2, 3], vec![4, 5, 6, 7]] })
    }

    #[test]
    fn whole_cores_are_of_one_node_where_that_can_be() {
        let mut cores = two_nodes();
        assert_eq!(cores.take(3000), Some(vec![0, 1, 2]));
        assert_eq!(cores.take(2000), Some(vec![4, 5]));
        assert_eq!(cores.take(1000), Some(vec![3]));
        cores.give(3000, &[0, 1, 2]);
        assert_eq!(cores.take(5000), Some(vec![0, 1, 2, 6, 7]));
        assert_eq!(cores.take(1000), None);
    }

    #[test]
    fn parts_share_a_core_and_leave_the_others_whole() {
        let mut cores = two_nodes();
        assert_eq!(cores.take(400), Some(vec![0]));
        assert_eq!(cores.take(600), Some(vec![0]));
        assert_eq!(cores.take(1500), Some(vec![1, 2]));
        assert_eq!(cores.take(500), Some(vec![2]));
        cores.give(1500, &[1, 2]);
        assert_eq!(cores.take(6000), Some(vec![4, 5, 6, 7, 1, 3]));
        assert_eq!(cores.take(1000), None);
        assert_eq!(cores.take(500), Some(vec![2]));
        assert_eq!(cores.take(0), Some(vec![]));
    }

    #[test]
    fn what_was_refused_was_not_taken() {
        let mut cores = Cores::of(&Topology { nodes: vec![vec![0], vec![]] });
        assert_eq!(cores.take(1500), None);
        assert_eq!(cores.take(1000), Some(vec![0]));
        assert_eq!(Cores::of(&Topology::default()).take(1000), None);
    }
}
