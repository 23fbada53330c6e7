//! The list of hosts as a front end sees it.

use super::Facts;
use crate::message::at_most;
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

/// Asked by a client with an empty list, answered with the full one.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Hosts {
    pub hosts: Vec<HostEntry>,
}

impl Message for Hosts {
    const KIND: Kind = Kind::Hosts;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Hosts, self.hosts.len(), limits::TARGETS_MAX)
    }
}
