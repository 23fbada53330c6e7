//! The table of hosts, as the owner's daemon said it last: incarnations, tickets, how each is asked
//! for and reached. Whoever takes the vm over begins with it.
//!
//! A number that is not in it was removed or never given, so its ticket is worth nothing. Called
//! by `apply`; read by the daemon.

use posse_wire::msg::{Facts, HostRequest};
use posse_wire::{HostId, Incarnation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Over which host number, key and vm, the owner's key has signed.
#[derive(Copy, Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Signature(pub [[u8; 32]; 2]);

/// What a daemon brings when it comes up.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Tells one life of a daemon from the next.
    pub boot: u64,
    pub key: [u8; 32],
    pub ticket: Signature,
    pub parent: HostId,
    pub facts: Facts,
}

/// Whether a host can be used, as far as all agree.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Asked for; has not been up in this incarnation.
    Wanted,
    Up,
    Down {
        why: Box<str>,
    },
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub request: HostRequest,
    pub standing: Standing,
    pub incarnation: Incarnation,
    /// What carries its link, as lists of hosts show it.
    pub launcher: Box<str>,
    pub slots: u32,
    /// None before it was up for the first time.
    pub admission: Option<Box<Admission>>,
}

/// A host as it is now; none where it was taken out of the vm.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct HostRow {
    pub number: HostId,
    pub host: Option<Box<Host>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    table: BTreeMap<HostId, Host>,
    by_name: BTreeMap<Box<str>, HostId>,
    pub(super) next: u32,
}

impl Default for Hosts {
    fn default() -> Self {
        // Zero is the owner's.
        Hosts { table: BTreeMap::new(), by_name: BTreeMap::new(), next: 1 }
    }
}

impl Host {
    pub fn is_up(&self) -> bool {
        self.standing == Standing::Up
    }
}

impl Hosts {
    pub fn get(&self, host: HostId) -> Option<&Host> {
        self.table.get(&host)
    }

    pub fn named(&self, name: &str) -> Option<HostId> {
        self.by_name.get(name).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (HostId, &Host)> {
        self.table.iter().map(|(number, host)| (*number, host))
    }

    /// All from this number on: for going through the table in pieces.
    pub fn from(&self, first: HostId) -> impl Iterator<Item = (HostId, &Host)> {
        self.table.range(first..).map(|(number, host)| (*number, host))
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Whether this life of this host is the one that is up.
    pub fn is_living(&self, host: HostId, incarnation: Incarnation) -> bool {
        self.get(host).is_some_and(|h| h.is_up() && h.incarnation == incarnation)
    }

    pub(super) fn insert(&mut self, number: HostId, host: Host) {
        self.next = self.next.max(number.0.saturating_add(1));
        self.by_name.insert(host.request.name.as_str().into(), number);
        self.table.insert(number, host);
    }

    pub(super) fn remove(&mut self, number: HostId) -> Option<Host> {
        let host = self.table.remove(&number)?;
        self.by_name.remove(host.request.name.as_str());
        Some(host)
    }
}
