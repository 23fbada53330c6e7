//! What `posse env --load` asks for: texts that change the environment, each with the hosts it is
//! for. Part of a command's spec; every host picks its own.

use crate::message::at_most;
use crate::{HostId, Kind, WireError, limits};
use serde::{Deserialize, Serialize};

/// A text that is run once per host in a login shell, where it is for that host.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Load {
    pub hosts: LoadHosts,
    pub text: String,
}

/// Which hosts of a command.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum LoadHosts {
    /// Every one.
    All,
    /// Those with these numbers: first and last, both included.
    Ranges(Vec<(HostId, HostId)>),
}

impl LoadHosts {
    /// The fewest ranges that hold these numbers.
    pub fn of(numbers: impl IntoIterator<Item = HostId>) -> LoadHosts {
        let mut sorted: Vec<HostId> = numbers.into_iter().collect();
        sorted.sort_unstable();
        let mut ranges: Vec<(HostId, HostId)> = Vec::new();
        for number in sorted {
            match ranges.last_mut() {
                Some((_, last)) if number.0 <= last.0.saturating_add(1) => *last = number,
                _ => ranges.push((number, number)),
            }
        }
        LoadHosts::Ranges(ranges)
    }

    pub fn contains(&self, host: HostId) -> bool {
        match self {
            LoadHosts::All => true,
            LoadHosts::Ranges(ranges) => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&host))
            }
        }
    }
}

/// Few enough to be kept for every command.
pub(super) fn check(loads: &[Load]) -> Result<(), WireError> {
    at_most(Kind::Spawn, loads.len(), limits::LOADS_MAX)?;
    let ranges = loads.iter().map(|load| match &load.hosts {
        LoadHosts::All => 0,
        LoadHosts::Ranges(ranges) => ranges.len(),
    });
    at_most(Kind::Spawn, ranges.sum(), limits::TARGETS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_ranges() {
        let hosts = LoadHosts::of([7, 3, 2, 4, 7, 9].map(HostId));
        let range = |first, last| (HostId(first), HostId(last));
        assert_eq!(hosts, LoadHosts::Ranges(vec![range(2, 4), range(7, 7), range(9, 9)]));
        let held = (0..12).filter(|number| hosts.contains(HostId(*number)));
        assert_eq!(held.collect::<Vec<_>>(), [2, 3, 4, 7, 9]);
        assert_eq!(LoadHosts::of([]), LoadHosts::Ranges(vec![]));
        assert!(LoadHosts::All.contains(HostId(u32::MAX)));
    }

    #[test]
    fn too_many_are_refused() {
        let load = |hosts| Load { hosts, text: String::new() };
        assert!(check(&vec![load(LoadHosts::All); limits::LOADS_MAX]).is_ok());
        assert!(check(&vec![load(LoadHosts::All); limits::LOADS_MAX + 1]).is_err());
        let ranges = vec![(HostId(1), HostId(1)); limits::TARGETS_MAX / 2 + 1];
        assert!(check(&vec![load(LoadHosts::Ranges(ranges)); 2]).is_err());
    }
}
