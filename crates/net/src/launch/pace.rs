//! When to start which login: fast, but not faster than ssh servers take them.
//!
//! For: the order and pace of many launches, and trying again. Not for: timers or randomness: the
//! time and random numbers come in as arguments. Called by the daemon's launcher.

use crate::limits::{LOGIN_RETRY_AFTER, LOGIN_TRIES_MAX, LOGINS_MAX, LOGINS_PER_GATE_MAX};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// A host's place in the list given to `Pace::new`.
pub type HostIndex = usize;

/// How fast logins may go.
#[derive(Debug, Clone, Copy)]
pub struct PaceSettings {
    pub per_gate: usize,
    pub window: usize,
    pub tries: u32,
    pub retry_after: Duration,
}

impl Default for PaceSettings {
    fn default() -> Self {
        Self {
            per_gate: LOGINS_PER_GATE_MAX,
            window: LOGINS_MAX,
            tries: LOGIN_TRIES_MAX,
            retry_after: LOGIN_RETRY_AFTER,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    LoggingIn,
    Over,
}

#[derive(Debug)]
struct Host {
    gate: u64,
    state: State,
    tries: u32,
}

/// Hosts that wait at one server.
#[derive(Debug, Default)]
struct Gate {
    open: usize,
    queue: VecDeque<HostIndex>,
}

/// The launches of one `up`. Each step costs O(log hosts).
#[derive(Debug)]
pub struct Pace {
    settings: PaceSettings,
    hosts: Vec<Host>,
    gates: HashMap<u64, Gate>,
    /// Gates with both a waiting host and room, in the order in which they are served.
    ready: VecDeque<u64>,
    later: BTreeSet<(Duration, HostIndex)>,
    open: usize,
}

impl Pace {
    /// `gates[i]` is the server that host i's login meets first: hosts behind one jump host, or
    /// on one address, have the same number.
    pub fn new(settings: PaceSettings, gates: &[u64]) -> Pace {
        let settings = PaceSettings {
            per_gate: settings.per_gate.max(1),
            window: settings.window.max(1),
            ..settings
        };
        let host = |gate: &u64| Host { gate: *gate, state: State::Waiting, tries: 0 };
        let mut pace = Pace {
            settings,
            hosts: gates.iter().map(host).collect(),
            gates: HashMap::new(),
            ready: VecDeque::new(),
            later: BTreeSet::new(),
            open: 0,
        };
        (0..pace.hosts.len()).for_each(|host| pace.enqueue(host));
        pace
    }

    /// A host whose login may start now, if any. Call until it says none.
    pub fn next(&mut self, now: Duration) -> Option<HostIndex> {
        while let Some((due, host)) = self.later.first().copied().filter(|(due, _)| *due <= now) {
            self.later.remove(&(due, host));
            self.enqueue(host);
        }
        if self.open >= self.settings.window {
            return None;
        }
        let number = self.ready.pop_front()?;
        let gate = self.gates.get_mut(&number)?;
        let host = gate.queue.pop_front()?;
        gate.open += 1;
        if !gate.queue.is_empty() && gate.open < self.settings.per_gate {
            self.ready.push_back(number);
        }
        self.open += 1;
        self.hosts[host].state = State::LoggingIn;
        self.hosts[host].tries += 1;
        Some(host)
    }

    /// When to call `next` again although nothing has happened.
    pub fn next_at(&self) -> Option<Duration> {
        self.later.first().map(|(due, _)| *due)
    }

    /// Host i has let us in.
    pub fn on_login(&mut self, host: HostIndex) {
        self.leave(host);
    }

    /// Host i's launch failed. True if it will be tried again; `random` is any random number.
    pub fn on_failed(
        &mut self,
        host: HostIndex,
        retryable: bool,
        now: Duration,
        random: u64,
    ) -> bool {
        self.leave(host);
        let Some(entry) = self.hosts.get_mut(host).filter(|entry| entry.state == State::Over)
        else {
            return false;
        };
        if !retryable || entry.tries >= self.settings.tries {
            return false;
        }
        entry.state = State::Waiting;
        let base = self.settings.retry_after.saturating_mul(1 << entry.tries.min(10) >> 1);
        // Between half and one and a half of it, so that those dropped together come apart.
        let share = (random % 1000) as u32;
        let due = now + base / 2 + base * share / 1000;
        self.later.insert((due, host));
        true
    }

    /// A server dropped logins because there were too many. Which hosts share it (a jump host, one
    /// address under many names) is not known, so from now on all of them count as one gate.
    pub fn slow_down(&mut self) {
        self.settings.window = self.settings.window.min(self.settings.per_gate);
    }

    /// Whether every host has logged in or failed for good.
    pub fn is_over(&self) -> bool {
        self.open == 0 && self.ready.is_empty() && self.later.is_empty()
    }

    fn enqueue(&mut self, host: HostIndex) {
        let number = self.hosts[host].gate;
        let gate = self.gates.entry(number).or_default();
        gate.queue.push_back(host);
        if gate.queue.len() == 1 && gate.open < self.settings.per_gate {
            self.ready.push_back(number);
        }
    }

    /// The login of `host` is over, whatever came of it. Anything else is ignored.
    fn leave(&mut self, host: HostIndex) {
        let Some(entry) = self.hosts.get_mut(host).filter(|entry| entry.state == State::LoggingIn)
        else {
            return;
        };
        entry.state = State::Over;
        self.open -= 1;
        if let Some(gate) = self.gates.get_mut(&entry.gate) {
            gate.open -= 1;
            // It was at its limit, so it is not in `ready`.
            if gate.open + 1 == self.settings.per_gate && !gate.queue.is_empty() {
                self.ready.push_back(entry.gate);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const T0: Duration = Duration::ZERO;

    fn all(pace: &mut Pace, now: Duration) -> Vec<HostIndex> {
        std::iter::from_fn(|| pace.next(now)).collect()
    }

    #[test]
    fn eight_at_one_server_and_all_at_once_elsewhere() {
        let mut pace = Pace::new(PaceSettings::default(), &[7; 20]);
        assert_eq!(all(&mut pace, T0), (0..8).collect::<Vec<_>>());
        pace.on_login(3);
        pace.on_login(3);
        assert_eq!(all(&mut pace, T0), [8]);
        let gates: Vec<u64> = (0..40).collect();
        let mut pace = Pace::new(PaceSettings::default(), &gates);
        assert_eq!(all(&mut pace, T0).len(), 40);
    }

    #[test]
    fn servers_take_turns_and_the_window_holds() {
        let gates: Vec<u64> = (0..40).map(|i| i / 20).collect();
        let settings = PaceSettings { window: 6, ..PaceSettings::default() };
        let mut pace = Pace::new(settings, &gates);
        assert_eq!(all(&mut pace, T0), [0, 20, 1, 21, 2, 22]);
        pace.on_login(0);
        assert_eq!(all(&mut pace, T0), [3]);
    }

    #[test]
    fn lost_logins_come_again_later_and_apart() {
        let mut pace = Pace::new(PaceSettings::default(), &[1, 1]);
        assert_eq!(all(&mut pace, T0), [0, 1]);
        assert!(pace.on_failed(0, true, T0, 0));
        assert!(pace.on_failed(1, true, T0, 999));
        assert_eq!(pace.next_at(), Some(Duration::from_millis(250)));
        assert_eq!(all(&mut pace, Duration::from_millis(249)), []);
        assert_eq!(all(&mut pace, Duration::from_millis(250)), [0]);
        assert_eq!(all(&mut pace, Duration::from_millis(750)), [1]);
        assert!(!pace.on_failed(1, false, T0, 0));
        assert!(!pace.is_over());
        pace.on_login(0);
        assert!(pace.is_over());
    }

    #[test]
    fn a_server_that_drops_logins_is_spared() {
        let gates: Vec<u64> = (0..40).collect();
        let mut pace = Pace::new(PaceSettings::default(), &gates);
        let open = all(&mut pace, T0);
        assert_eq!(open.len(), 40);
        pace.slow_down();
        for host in open {
            assert!(pace.on_failed(host, true, T0, 0));
        }
        assert_eq!(all(&mut pace, Duration::from_secs(5)).len(), 8);
    }

    #[test]
    fn tries_end() {
        let mut pace = Pace::new(PaceSettings::default(), &[1]);
        let mut now = T0;
        let mut tries = 0;
        loop {
            assert_eq!(pace.next(now), Some(0));
            tries += 1;
            if !pace.on_failed(0, true, now, 999) {
                break;
            }
            now = pace.next_at().unwrap();
        }
        assert_eq!(tries, LOGIN_TRIES_MAX);
        assert!(now < Duration::from_secs(12), "{now:?}");
        assert!(pace.is_over());
    }

    #[test]
    fn a_failure_after_login_may_come_again() {
        let mut pace = Pace::new(PaceSettings::default(), &[1]);
        assert_eq!(pace.next(T0), Some(0));
        pace.on_login(0);
        assert!(pace.is_over());
        assert!(pace.on_failed(0, true, T0, 0));
        assert_eq!(pace.next(Duration::from_secs(1)), Some(0));
    }

    #[test]
    fn limits_hold_whatever_happens() {
        let gates: Vec<u64> = (0..300).map(|i| i % 7).collect();
        let mut pace = Pace::new(PaceSettings::default(), &gates);
        let (mut random, mut now) = (1u64, T0);
        let mut open: Vec<HostIndex> = Vec::new();
        for _ in 0..200_000 {
            if pace.is_over() {
                break;
            }
            open.extend(all(&mut pace, now));
            assert!(open.len() <= LOGINS_MAX);
            for gate in 0..7 {
                assert!(
                    open.iter().filter(|host| gates[**host] == gate).count() <= LOGINS_PER_GATE_MAX
                );
            }
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            now += Duration::from_millis(10);
            if open.is_empty() {
                continue;
            }
            let host = open.swap_remove((random >> 33) as usize % open.len());
            match (random >> 20) % 3 {
                0 => {
                    pace.on_failed(host, true, now, random >> 40);
                }
                _ => pace.on_login(host),
            }
        }
        assert!(pace.is_over());
    }
}
