//! Attempts under way: one for each running task, two near the end of a job.

use crate::{HostLife, Lease};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::holder) struct Flight {
    pub lease: Lease,
    pub host: HostLife,
    /// When the host said that it started, by the holder's clock.
    pub started: Option<Duration>,
}

/// By the task's number.
#[derive(Debug, Default)]
pub(in crate::holder) struct Flights {
    flights: BTreeMap<u32, (Flight, Option<Flight>)>,
    /// Those that run and have no second copy, the longest first.
    alone: BTreeSet<(Duration, u32)>,
}

impl Flights {
    /// A further attempt; of three the second one is forgotten, which nobody asks for.
    pub fn put(&mut self, index: u32, flight: Flight) {
        let Some(pair) = self.flights.get_mut(&index) else {
            self.flights.insert(index, (flight, None));
            return;
        };
        pair.1 = Some(flight);
        let first = pair.0;
        self.not_alone(index, first);
    }

    pub fn find(&self, index: u32, lease: Lease) -> Option<&Flight> {
        let (first, second) = self.flights.get(&index)?;
        [Some(first), second.as_ref()].into_iter().flatten().find(|f| f.lease == lease)
    }

    pub fn of(&self, index: u32) -> impl Iterator<Item = &Flight> {
        let pair = self.flights.get(&index);
        pair.into_iter().flat_map(|(first, second)| [Some(first), second.as_ref()]).flatten()
    }

    /// The host says that it starts it, or (None) that it waits again.
    pub fn started(&mut self, index: u32, lease: Lease, now: Option<Duration>) {
        let Some((first, second)) = self.flights.get_mut(&index) else { return };
        if let Some(second) = second {
            let both = [first, second];
            both.into_iter().filter(|f| f.lease == lease).for_each(|f| f.started = now);
            return;
        }
        if first.lease == lease {
            let before = first.started;
            first.started = now;
            before.map(|at| self.alone.remove(&(at, index)));
            now.map(|at| self.alone.insert((at, index)));
        }
    }

    /// The attempt is over; whether another one of the task goes on.
    pub fn remove(&mut self, index: u32, lease: Lease) -> bool {
        let Some((first, second)) = self.flights.remove(&index) else { return false };
        self.not_alone(index, first);
        let left = [Some(first), second].into_iter().flatten().find(|f| f.lease != lease);
        let Some(left) = left else { return false };
        self.flights.insert(index, (left, None));
        left.started.map(|at| self.alone.insert((at, index)));
        true
    }

    /// All attempts of a task, which is over.
    pub fn remove_all(&mut self, index: u32) -> impl Iterator<Item = Flight> + use<> {
        let pair = self.flights.remove(&index);
        if let Some((first, _)) = pair {
            self.not_alone(index, first);
        }
        pair.into_iter().flat_map(|(first, second)| [Some(first), second]).flatten()
    }

    pub fn all(&self) -> impl Iterator<Item = &Flight> {
        let pairs = self.flights.values();
        pairs.flat_map(|(first, second)| [Some(first), second.as_ref()]).flatten()
    }

    /// Those that run alone and began before that, the longest first.
    pub fn alone_since(&self, before: Duration) -> impl Iterator<Item = u32> {
        self.alone.range(..(before, 0)).map(|(_, index)| *index)
    }

    fn not_alone(&mut self, index: u32, first: Flight) {
        first.started.map(|at| self.alone.remove(&(at, index)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Epoch, JobId, TaskId};
    use posse_wire::{HostId, Incarnation};

    #[test]
    fn of_two_attempts_the_other_goes_on() {
        let lease = |attempt| {
            let task = TaskId { job: JobId(1), index: 7 };
            Lease { task, epoch: Epoch(1), attempt }
        };
        let host = HostLife { host: HostId(1), incarnation: Incarnation(1) };
        let flight = |attempt| Flight { lease: lease(attempt), host, started: None };
        let alone = |flights: &Flights| flights.alone_since(Duration::MAX).count();
        let mut flights = Flights::default();
        flights.put(7, flight(1));
        flights.started(7, lease(1), Some(Duration::from_secs(3)));
        assert_eq!(alone(&flights), 1);
        flights.put(7, flight(2));
        assert_eq!((alone(&flights), flights.all().count()), (0, 2));
        flights.started(7, lease(2), Some(Duration::from_secs(4)));
        assert!(flights.remove(7, lease(1)));
        assert_eq!(alone(&flights), 1);
        assert!(flights.find(7, lease(2)).is_some() && flights.find(7, lease(1)).is_none());
        assert!(!flights.remove(7, lease(2)));
        assert_eq!((alone(&flights), flights.all().count()), (0, 0));
    }
}
