//! Ways to other processes, each in a place with a number by which its descriptor is known. A new
//! one takes the place of that which was used least lately, if that has rested.
//!
//! Called by `pairs` and `directs`.

use crate::limits::WAY_IDLE_LEAST;
use posse_wire::ProcessId;
use std::collections::BTreeMap;
use std::time::Duration;

/// One way to another process.
pub(super) trait Way {
    fn peer(&self) -> ProcessId;
    /// When something was sent or came last.
    fn used(&self) -> Duration;
}

pub(super) struct Slots<W> {
    ways: Vec<Option<W>>,
    by_peer: BTreeMap<ProcessId, usize>,
    most: usize,
}

/// A place for a new way.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    Free(usize),
    /// When what is there is taken out.
    Taken(usize),
}

impl<W: Way> Slots<W> {
    pub fn new(most: usize) -> Slots<W> {
        Slots { ways: Vec::new(), by_peer: BTreeMap::new(), most }
    }

    pub fn is_empty(&self) -> bool {
        self.by_peer.is_empty()
    }

    #[inline]
    pub fn of(&self, peer: ProcessId) -> Option<usize> {
        self.by_peer.get(&peer).copied()
    }

    #[inline]
    pub fn get(&self, at: usize) -> Option<&W> {
        self.ways.get(at)?.as_ref()
    }

    #[inline]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut W> {
        self.ways.get_mut(at)?.as_mut()
    }

    /// `None` where there are as many as there may be and all are in use.
    pub fn place(&mut self, now: Duration) -> Option<Place> {
        if let Some(free) = self.ways.iter().position(Option::is_none) {
            return Some(Place::Free(free));
        }
        if self.ways.len() < self.most {
            self.ways.push(None);
            return Some(Place::Free(self.ways.len() - 1));
        }
        let used = |at: &usize| self.get(*at).map_or(Duration::ZERO, Way::used);
        let oldest = (0..self.ways.len()).min_by_key(used)?;
        let has_rested = now.saturating_sub(used(&oldest)) >= WAY_IDLE_LEAST;
        has_rested.then_some(Place::Taken(oldest))
    }

    pub fn insert(&mut self, at: usize, way: W) {
        self.by_peer.insert(way.peer(), at);
        self.ways[at] = Some(way);
    }

    pub fn take(&mut self, at: usize) -> Option<W> {
        let way = self.ways.get_mut(at)?.take()?;
        self.by_peer.remove(&way.peer());
        Some(way)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    struct Used(u64, u64);

    impl Way for Used {
        fn peer(&self) -> ProcessId {
            ProcessId(self.0)
        }

        fn used(&self) -> Duration {
            Duration::from_secs(self.1)
        }
    }

    #[test]
    fn the_one_that_rested_longest_makes_room() {
        let mut slots = Slots::new(2);
        for (peer, used) in [(7, 5), (8, 3)] {
            let Some(Place::Free(at)) = slots.place(Duration::ZERO) else { panic!("no room") };
            slots.insert(at, Used(peer, used));
        }
        assert_eq!(slots.of(ProcessId(8)), Some(1));
        assert_eq!(slots.place(Duration::from_millis(3_999)), None, "all are in use");
        assert_eq!(slots.place(Duration::from_secs(4)), Some(Place::Taken(1)));
        assert!(slots.take(1).is_some_and(|way| way.0 == 8) && slots.of(ProcessId(8)).is_none());
        assert_eq!(slots.place(Duration::ZERO), Some(Place::Free(1)));
    }
}
