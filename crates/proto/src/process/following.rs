//! Who of this host follows which process of another one, found by either end: most ends are of
//! one among very many. Kept by `table.rs`, read by `follow.rs` and the board.

use posse_wire::{ProcessId, limits};
use std::collections::BTreeSet;

type Pairs = BTreeSet<(ProcessId, ProcessId)>;

#[derive(Debug, Default)]
pub(crate) struct Following {
    /// Target, then follower.
    of_target: Pairs,
    /// The same pairs, the follower first.
    of_follower: Pairs,
}

/// The second of each pair that begins with this one.
fn seconds(pairs: &Pairs, first: ProcessId) -> Vec<ProcessId> {
    let all = (first, ProcessId(0))..=(first, ProcessId(u64::MAX));
    pairs.range(all).map(|(_, second)| *second).collect()
}

impl Following {
    /// False where too many are followed.
    pub fn add(&mut self, target: ProcessId, by: ProcessId) -> bool {
        let room = self.of_target.len() < limits::FOLLOWERS_MAX;
        if room {
            self.of_target.insert((target, by));
            self.of_follower.insert((by, target));
        }
        room || self.of_target.contains(&(target, by))
    }

    pub fn remove(&mut self, target: ProcessId, by: ProcessId) {
        self.of_target.remove(&(target, by));
        self.of_follower.remove(&(by, target));
    }

    /// The target is over: those that followed it.
    pub fn take_followers(&mut self, target: ProcessId) -> Vec<ProcessId> {
        let followers = seconds(&self.of_target, target);
        followers.iter().for_each(|by| self.remove(target, *by));
        followers
    }

    /// This follower is over itself.
    pub fn stop(&mut self, by: ProcessId) {
        let targets = seconds(&self.of_follower, by);
        targets.into_iter().for_each(|target| self.remove(target, by));
    }

    /// Each pair once: target, then follower, in the order of targets.
    pub fn pairs(&self) -> impl Iterator<Item = (ProcessId, ProcessId)> {
        self.of_target.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_go_with_either_end() {
        let [a, b, c, d] = [1, 2, 3, 4].map(ProcessId);
        let mut following = Following::default();
        for (target, by) in [(a, c), (a, d), (b, c), (a, c)] {
            assert!(following.add(target, by));
        }
        assert_eq!(following.pairs().collect::<Vec<_>>(), [(a, c), (a, d), (b, c)]);
        assert_eq!(following.take_followers(a), [c, d]);
        assert_eq!(following.pairs().collect::<Vec<_>>(), [(b, c)]);
        following.stop(c);
        assert_eq!(following.pairs().count() + following.of_follower.len(), 0);
    }
}
