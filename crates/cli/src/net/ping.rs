//! Round trips along the tree: from the owner's daemon to each host, so that what lies between two
//! hosts is a difference. A host is asked alone, since answers that come together are read
//! together; some threads ask different ones. Called by `survey`.

use super::line::{Connect, Line};
use crate::error::Error;
use crate::limits::PINGS_MAX;
use posse::{Answered, HostId, Question};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Of which the least counts.
const ROUNDS: usize = 5;

const WITHIN: Duration = Duration::from_secs(10);

/// The least round trip to each host that answered.
pub struct Trips(BTreeMap<HostId, Duration>);

impl Trips {
    pub fn measure(connect: Connect<'_>, hosts: &[HostId]) -> Result<Trips, Error> {
        let share = hosts.len().div_ceil(PINGS_MAX).max(1);
        let trips = std::thread::scope(|scope| {
            let askers = hosts.chunks(share).map(|some| scope.spawn(move || each(connect, some)));
            let askers: Vec<_> = askers.collect();
            let all = askers.into_iter().map(|asker| asker.join().unwrap_or(Ok(Vec::new())));
            all.collect::<Result<Vec<_>, Error>>()
        })?;
        Ok(Trips(trips.into_iter().flatten().collect()))
    }

    /// Between two hosts whose paths meet at `turn`.
    pub fn between(&self, a: HostId, b: HostId, turn: HostId) -> Option<u64> {
        let trip = |host| self.0.get(&host).copied();
        let (to_a, to_b, to_turn) = (trip(a)?, trip(b)?, trip(turn)?);
        let both = to_a.saturating_sub(to_turn) + to_b.saturating_sub(to_turn);
        u64::try_from(both.as_micros()).ok()
    }
}

/// The least of some round trips to each; those that do not answer are left out.
fn each(connect: Connect<'_>, hosts: &[HostId]) -> Result<Vec<(HostId, Duration)>, Error> {
    let (mut line, mut trips) = (Line::new(connect), Vec::new());
    for host in hosts {
        let mut least: Option<Duration> = None;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            if line.ask(*host, Question::Ping, WITHIN)? == Answered::Pong {
                let trip = start.elapsed();
                least = Some(least.map_or(trip, |least| least.min(trip)));
            }
        }
        trips.extend(least.map(|least| (*host, least)));
    }
    Ok(trips)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_is_a_difference() {
        let ms = Duration::from_millis;
        let trips = [(0, ms(1)), (1, ms(11)), (2, ms(14)), (3, ms(31))];
        let trips = Trips(trips.into_iter().map(|(host, trip)| (HostId(host), trip)).collect());
        let between = |a, b, turn| trips.between(HostId(a), HostId(b), HostId(turn));
        assert_eq!(between(2, 3, 1), Some(23_000));
        assert_eq!(between(0, 1, 0), Some(10_000));
        assert_eq!(between(2, 3, 0), Some(43_000));
        assert_eq!(between(2, 9, 0), None);
    }
}
