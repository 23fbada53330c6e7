//! Who waits for whom. A job without dependencies has nothing here.

/// For each task how many it waits for, and lists of those that wait for it, woven into one
/// vector.
#[derive(Debug, Default)]
pub(super) struct Graph {
    waits: Vec<u32>,
    heads: Vec<u32>,
    edges: Vec<Edge>,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    to: u32,
    next: u32,
}

const END: u32 = u32::MAX;

impl Graph {
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// `task` waits for `on` as well.
    pub fn add(&mut self, task: u32, on: u32) {
        let size = task.max(on) as usize + 1;
        if self.heads.len() < size {
            self.heads.resize(size, END);
            self.waits.resize(size, 0);
        }
        self.waits[task as usize] += 1;
        let head = &mut self.heads[on as usize];
        self.edges.push(Edge { to: task, next: *head });
        *head = (self.edges.len() - 1) as u32;
    }

    pub fn waits(&self, task: u32) -> u32 {
        self.waits.get(task as usize).copied().unwrap_or(0)
    }

    /// One that `task` waited for is done; how many are left.
    pub fn one_done(&mut self, task: u32) -> u32 {
        let Some(waits) = self.waits.get_mut(task as usize) else { return 0 };
        *waits = waits.saturating_sub(1);
        *waits
    }

    pub fn set_waits(&mut self, task: u32, count: u32) {
        if let Some(waits) = self.waits.get_mut(task as usize) {
            *waits = count;
        }
    }

    pub fn dependents(&self, task: u32) -> impl Iterator<Item = u32> {
        let mut at = self.heads.get(task as usize).copied().unwrap_or(END);
        std::iter::from_fn(move || {
            let edge = self.edges.get(at as usize)?;
            at = edge.next;
            Some(edge.to)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    #[test]
    fn who_waits_is_counted_and_found() {
        let mut graph = Graph::default();
        for (task, on) in [(2, 0), (2, 1), (5, 0)] {
            graph.add(task, on);
        }
        assert_eq!(graph.dependents(0).collect::<Vec<_>>(), [5, 2]);
        assert_eq!(graph.dependents(7).count(), 0);
        assert_eq!((graph.one_done(2), graph.one_done(2), graph.one_done(2)), (1, 0, 0));
    }
}
