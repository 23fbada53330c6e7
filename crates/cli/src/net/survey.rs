//! Finds out how hosts are connected: the tree from the table of hosts and by echoes along it, all
//! else by letting one host of a pair dial the other. Some pairs at a time, and no host in two of
//! them, since they would measure each other. Called by `posse net`.

use super::line::{Connect, Line};
use super::pair::{Pair, Route};
use super::ping::Trips;
use super::tree::Tree;
use crate::error::Error;
use crate::limits::{DIAL_MS_LEAST, DIAL_MS_MAX, PAIRS_MAX};
use posse::{Answered, BurstTime, Dial, Dialed, HostEntry, HostId, Question};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A host waits its turn to dial, dials for 2 s, and measures for 13 s at most.
const DIALED_WITHIN: Duration = Duration::from_secs(45);

/// What is to be found out.
pub struct Asked<'a> {
    pub connect: Connect<'a>,
    /// All of the vm.
    pub all: &'a [HostEntry],
    /// The hosts whose pairs are meant.
    pub hosts: &'a [HostEntry],
    /// Bytes each way over direct routes.
    pub burst: u32,
}

/// All pairs, in the order of the hosts; `settled` is called once for each, from any thread.
pub fn survey(asked: &Asked<'_>, settled: impl Fn() + Sync) -> Result<Vec<Pair>, Error> {
    let up: Vec<HostId> =
        asked.all.iter().filter(|host| host.is_up()).map(|host| host.number).collect();
    let names = asked.all.iter().map(|host| (host.number, host.name.clone())).collect();
    let (tree, trips) = (Tree::new(asked.all), Trips::measure(asked.connect, &up)?);
    let found = Survey { asked, tree, trips, names };
    let count = asked.hosts.len();
    let pairs: Vec<(usize, usize)> =
        (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).collect();
    let queue = Queue::new(pairs);
    let mut results = std::thread::scope(|scope| {
        let worker = || {
            let (mut line, mut mine) = (Line::new(asked.connect), Vec::new());
            while let Some((a, b)) = queue.next() {
                let pair = found.pair(&mut line, a, b);
                queue.over(a, b, pair.is_err());
                settled();
                mine.push(pair);
            }
            mine
        };
        let workers: Vec<_> = (0..PAIRS_MAX).map(|_| scope.spawn(worker)).collect();
        let results = workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default());
        results.collect::<Result<Vec<Pair>, Error>>()
    })?;
    results.sort_by_key(|pair| (pair.a, pair.b));
    Ok(results)
}

struct Survey<'a> {
    asked: &'a Asked<'a>,
    tree: Tree,
    trips: Trips,
    names: BTreeMap<HostId, String>,
}

impl Survey<'_> {
    fn pair(&self, line: &mut Line<'_>, a: usize, b: usize) -> Result<Pair, Error> {
        let mut pair =
            Pair { a, b, route: Route::None, rtt_us: None, burst: None, why: Vec::new() };
        let (Some(one), Some(other)) = (self.asked.hosts.get(a), self.asked.hosts.get(b)) else {
            return Ok(pair);
        };
        let path = self.tree.path(one.number, other.number);
        if let Some((path, turn)) = &path {
            pair.rtt_us = self.trips.between(one.number, other.number, *turn);
            if let [_, _] = path[..] {
                // The one that is not the turn is the child, whose link it is.
                let child = if *turn == one.number { other } else { one };
                pair.route = Route::Tree { link: child.launcher.clone() };
                return Ok(pair);
            }
        }
        for (from, to) in [(a, b), (b, a)] {
            match self.dial(line, (from, to), within_ms(pair.rtt_us))? {
                Ok((rtt_us, burst)) => {
                    pair.route = Route::Direct { from };
                    (pair.rtt_us, pair.burst) = (Some(rtt_us.into()), burst);
                    return Ok(pair);
                }
                Err(why) => pair.why.push(why),
            }
        }
        if let Some((path, _)) = path.filter(|_| pair.rtt_us.is_some()) {
            let name = |host| self.names.get(host).cloned().unwrap_or_default();
            let between = path.get(1..path.len() - 1).unwrap_or_default();
            pair.route = Route::Relayed { via: between.iter().map(name).collect() };
        }
        Ok(pair)
    }

    /// Whether one reaches the other, or why it does not.
    fn dial(
        &self,
        line: &mut Line<'_>,
        (from, to): (usize, usize),
        within_ms: u32,
    ) -> Result<Result<(u32, Option<BurstTime>), String>, Error> {
        let Asked { hosts, burst, .. } = self.asked;
        let (Some(from), Some(to)) = (hosts.get(from), hosts.get(to)) else {
            return Ok(Err(String::new()));
        };
        let why = |why: &str| Ok(Err(format!("{} to {}: {why}", from.name, to.name)));
        if to.facts.listens.is_empty() {
            return why("takes no direct links");
        }
        let address = to.facts.listens.clone();
        let dial = Dial { number: to.number, address, key: to.key, within_ms, burst: *burst };
        match line.ask(from.number, Question::Dial(dial), DIALED_WITHIN)? {
            Answered::Dialed(Dialed::Linked { rtt_us, burst }) => Ok(Ok((rtt_us, burst))),
            Answered::Dialed(Dialed::Failed { why: text }) | Answered::Lost { why: text } => {
                why(&text)
            }
            _ => why("answered something else"),
        }
    }
}

/// How long to wait for a link between hosts whose round trip along the tree is known: three round
/// trips and two handshakes at busy hosts, with room. What lies behind a firewall costs this twice.
fn within_ms(rtt_us: Option<u64>) -> u32 {
    let wanted = rtt_us.map(|rtt_us| DIAL_MS_LEAST.saturating_add(rtt_us.saturating_mul(8) / 1000));
    let wanted = wanted.and_then(|wanted| u32::try_from(wanted).ok());
    wanted.unwrap_or(DIAL_MS_MAX).min(DIAL_MS_MAX)
}

/// Pairs that wait, and hosts that are busy.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: Vec<(usize, usize)>,
    busy: BTreeSet<usize>,
}

impl Queue {
    fn new(mut waiting: Vec<(usize, usize)>) -> Queue {
        waiting.reverse();
        let state = Mutex::new(State { waiting, busy: BTreeSet::new() });
        Queue { state, changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pair whose hosts are not busy, once there is one; `None` when all are taken.
    fn next(&self) -> Option<(usize, usize)> {
        let mut state = self.lock();
        loop {
            if state.waiting.is_empty() {
                return None;
            }
            let free = |(a, b): &(usize, usize)| !state.busy.contains(a) && !state.busy.contains(b);
            if let Some(at) = state.waiting.iter().rposition(free) {
                let (a, b) = state.waiting.remove(at);
                state.busy.extend([a, b]);
                return Some((a, b));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Its hosts are free again; after an error nothing else is begun.
    fn over(&self, a: usize, b: usize, failed: bool) {
        let mut state = self.lock();
        state.busy.remove(&a);
        state.busy.remove(&b);
        if failed {
            state.waiting.clear();
        }
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_hosts_are_not_waited_for_as_far_ones() {
        let asked = [None, Some(1_000), Some(50_000), Some(10_000_000)].map(within_ms);
        assert_eq!(asked, [2_000, 608, 1_000, 2_000]);
    }

    #[test]
    fn no_host_is_in_two_pairs_at_once() {
        let queue = Queue::new(vec![(0, 1), (0, 2), (1, 2), (2, 3)]);
        assert_eq!(queue.next(), Some((0, 1)));
        assert_eq!(queue.next(), Some((2, 3)));
        queue.over(0, 1, false);
        queue.over(2, 3, false);
        assert_eq!(queue.next(), Some((0, 2)));
        queue.over(0, 2, true);
        assert_eq!(queue.next(), None, "the rest is dropped after an error");
    }
}
