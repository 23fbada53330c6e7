//! Tasks of one job with the same needs that may be handed out, lowest number first.
//!
//! A batch is one range until it is handed out; tasks that come back stand by themselves. A task
//! that was killed or taken another way may still stand here: who takes one looks at its state.

use posse_wire::HostId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

#[derive(Debug, Default)]
pub(in crate::holder) struct Ready {
    /// In rising order.
    ranges: VecDeque<Range<u32>>,
    single: BTreeSet<u32>,
    /// Those whose inputs are at a host.
    near: BTreeMap<HostId, BTreeSet<u32>>,
    /// Tasks here that are ready indeed.
    pub count: u32,
}

impl Ready {
    /// New tasks, with higher numbers than all that were put as ranges before.
    pub fn put_range(&mut self, range: Range<u32>) {
        self.count += range.end - range.start;
        match self.ranges.back_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.ranges.push_back(range),
        }
    }

    pub fn put(&mut self, task: u32, near: Option<HostId>) {
        self.count += 1;
        match near {
            Some(host) => self.near.entry(host).or_default().insert(task),
            None => self.single.insert(task),
        };
    }

    /// A task here is not ready any more, and was not taken.
    pub fn one_gone(&mut self) {
        self.count -= 1;
        if self.count == 0 {
            *self = Ready::default();
        }
    }

    /// There are tasks whose inputs are at that host.
    pub fn has_near(&self, host: HostId) -> bool {
        self.near.contains_key(&host)
    }

    /// A task for this host: first those near to it, then those near to nobody, then others'.
    /// `is_ready` says of a number whether it is one; it is counted out here.
    pub fn take(&mut self, host: HostId, is_ready: impl Fn(u32) -> bool) -> Option<u32> {
        while self.count > 0 {
            let task = self.next(host)?;
            if is_ready(task) {
                self.one_gone();
                return Some(task);
            }
        }
        None
    }

    fn next(&mut self, host: HostId) -> Option<u32> {
        self.next_near(host).or_else(|| self.next_anywhere()).or_else(|| {
            let other = *self.near.keys().next()?;
            self.next_near(other)
        })
    }

    fn next_near(&mut self, host: HostId) -> Option<u32> {
        let tasks = self.near.get_mut(&host)?;
        let task = tasks.pop_first();
        if tasks.is_empty() {
            self.near.remove(&host);
        }
        task
    }

    fn next_anywhere(&mut self) -> Option<u32> {
        let range = self.ranges.front().map(|range| range.start);
        let single = self.single.first().copied();
        if single.is_some_and(|single| range.is_none_or(|range| single <= range)) {
            return self.single.pop_first();
        }
        let front = self.ranges.front_mut()?;
        let task = front.start;
        front.start += 1;
        if front.start == front.end {
            self.ranges.pop_front();
        }
        Some(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(ready: &mut Ready, host: u32) -> Vec<u32> {
        std::iter::from_fn(|| ready.take(HostId(host), |task| task != 4)).collect()
    }

    #[test]
    fn lowest_numbers_go_first_and_those_gone_are_passed_over() {
        let mut ready = Ready::default();
        ready.put_range(2..5);
        ready.put_range(5..7);
        ready.put(1, None);
        ready.put(6, None);
        ready.one_gone();
        ready.one_gone();
        assert_eq!(ready.count, 5);
        assert_eq!(all(&mut ready, 0), [1, 2, 3, 5, 6]);
        assert_eq!(ready.count, 0);
    }

    #[test]
    fn a_host_gets_what_is_near_to_it_first() {
        let mut ready = Ready::default();
        ready.put_range(0..1);
        ready.put(7, Some(HostId(1)));
        ready.put(8, Some(HostId(2)));
        assert_eq!(all(&mut ready, 2), [8, 0, 7]);
    }
}
