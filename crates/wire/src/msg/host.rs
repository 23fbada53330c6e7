//! The list of hosts as a front end sees it.

use super::Facts;
use crate::message::{at_most, encode_value};
use crate::{HostId, Incarnation, Kind, Message, WireError, limits};
use serde::{Deserialize, Serialize};

/// Whether a host can be used.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum HostState {
    /// Being launched; not yet usable.
    Launching,
    Up,
    /// Silent for longer than the suspicion time; still a member.
    Suspect,
    /// Lost or never reached, and why; `posse up` tries again.
    Down {
        why: String,
    },
}

/// One host of the vm.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct HostEntry {
    pub number: HostId,
    pub name: String,
    pub incarnation: Incarnation,
    pub state: HostState,
    /// What carries the link: `ssh`, `local`, `exec`, or `direct` where a login was left for a TCP
    /// connection; empty for the owner's own daemon.
    pub launcher: String,
    /// The host next to it on the way to the owner.
    pub parent: HostId,
    /// Round trip on its link in microseconds, 0 where not yet measured.
    pub rtt_us: u32,
    /// Room for tasks; 0 for an owner's daemon that `up` did not name.
    pub slots: u32,
    pub key: [u8; 32],
    pub facts: Facts,
}

impl HostEntry {
    /// Whether `all` means it: it takes part in work, and is up or was lost. A lost host fails the
    /// commands that are meant for all until it is brought up again or removed; one that never
    /// came up was reported by `up`.
    pub fn is_of_all(&self) -> bool {
        let lost = matches!(self.state, HostState::Down { .. }) && self.incarnation.0 > 0;
        self.slots > 0 && (self.is_up() || lost)
    }

    pub fn is_up(&self) -> bool {
        matches!(self.state, HostState::Up | HostState::Suspect)
    }
}

/// Asked by a client with an empty list, answered with the full one, in as many of these as it
/// takes. Those that go on where a welcome ended follow it at once.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Hosts {
    pub hosts: Vec<HostEntry>,
    /// Another part follows.
    pub more: bool,
}

impl Hosts {
    /// The list in parts that fit in a frame; at least one, the last without `more`.
    pub fn parts(hosts: Vec<HostEntry>) -> Vec<Hosts> {
        let mut parts = vec![Hosts::default()];
        let mut bytes = 0;
        for host in hosts {
            let size = encode_value(&host).len();
            if let Some(last) = parts.last_mut()
                && bytes + size > limits::HOSTS_PART_BYTES
                && !last.hosts.is_empty()
            {
                last.more = true;
                parts.push(Hosts::default());
                bytes = 0;
            }
            bytes += size;
            if let Some(last) = parts.last_mut() {
                last.hosts.push(host);
            }
        }
        parts
    }

    /// Adds this part to those before; true where another one follows.
    pub fn join(self, all: &mut Vec<HostEntry>) -> Result<bool, WireError> {
        at_most(Kind::Hosts, all.len() + self.hosts.len(), limits::TARGETS_MAX)?;
        if self.more && self.hosts.is_empty() {
            return Err(WireError::BadBody(Kind::Hosts.name()));
        }
        all.extend(self.hosts);
        Ok(self.more)
    }
}

impl Message for Hosts {
    const KIND: Kind = Kind::Hosts;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Hosts, self.hosts.len(), limits::TARGETS_MAX)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entry(number: u32) -> HostEntry {
        HostEntry {
            number: HostId(number),
            name: format!("host{number}"),
            incarnation: Incarnation(1),
            state: HostState::Down { why: "x".repeat(200) },
            launcher: "ssh".to_owned(),
            parent: HostId::OWNER,
            rtt_us: 0,
            slots: 1,
            key: [7; 32],
            facts: Facts::default(),
        }
    }

    #[test]
    fn the_largest_list_goes_in_parts_and_comes_back() {
        let all: Vec<HostEntry> = (0..limits::TARGETS_MAX as u32).map(entry).collect();
        let parts = Hosts::parts(all.clone());
        assert!(parts.len() > 2 && parts.len() <= limits::HOSTS_PARTS_MAX, "{}", parts.len());
        let mut joined = Vec::new();
        let last = parts.len() - 1;
        for (at, part) in parts.into_iter().enumerate() {
            assert!(encode_value(&part).len() <= limits::HOSTS_PART_BYTES + 16);
            assert_eq!(part.join(&mut joined).unwrap(), at < last);
        }
        assert!(joined == all);
        let one_more = Hosts { hosts: vec![entry(1)], more: false };
        assert!(one_more.join(&mut joined).is_err(), "no more than a vm can have");
        assert_eq!(Hosts::parts(Vec::new()), [Hosts::default()]);
    }

    #[test]
    fn a_list_that_never_grows_is_refused() {
        assert!(Hosts { hosts: Vec::new(), more: true }.join(&mut Vec::new()).is_err());
    }
}
