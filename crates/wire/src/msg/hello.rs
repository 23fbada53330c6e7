//! The first frames of a link, and which hosts a child daemon no longer reaches.

use super::{Hosts, Led, Warrant};
use crate::message::at_most;
use crate::{HostId, Incarnation, Kind, Lead, Message, VmId, WireError, limits};
use serde::{Deserialize, Serialize};

/// From the side that opened the link.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    pub wire: u16,
    pub wire_oldest: u16,
    pub vm: VmId,
    pub role: Role,
}

/// Who opened the link.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A front end of the same user, through the private socket.
    Client,
    /// A daemon. `boot` tells one daemon's life from the next; the owner turns it into an
    /// incarnation. `key` is the daemon's public Ed25519 key.
    /// `lead` is the greatest that it has heard of.
    Host { number: HostId, boot: u64, key: [u8; 32], lead: Lead, facts: Box<Facts> },
    /// A daemon that dialed another one of its vm; the key of its ticket is the one that it has
    /// proven in the handshake.
    Sibling { number: HostId, ticket: Vec<u8>, purpose: Purpose },
    /// A process that wants to take part in messages, through the private socket.
    Process,
}

/// What a sibling dials for.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To see how far it is.
    Measure,
    /// Its control state has something to say to that of the other.
    Control,
    /// It leads the vm, with this lead: it is the parent from here on.
    Lead(Lead),
    /// To be the parent, in place of one that is not heard: who leads wants it so.
    Relay(Warrant),
}

/// What a host is; sent once, changes only with a new daemon.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// What the host calls itself (`uname -n`).
    pub hostname: String,
    /// `x86_64`, `aarch64`, …
    pub arch: String,
    /// `Linux 6.1.0`
    pub system: String,
    pub version: String,
    pub cores: u32,
    /// Bytes of memory.
    pub memory: u64,
    pub user: String,
    pub home: String,
    pub pid: u32,
    /// Where it takes direct links, as `address:port`; empty where it takes none.
    pub listens: String,
}

/// The answer that accepts. To a daemon: its incarnation and ticket. To a client: what it needs
/// to resolve hostsets and number its commands. To a sibling: who answers.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    pub wire: u16,
    pub vm_name: String,
    /// The daemon that answers.
    pub host: HostId,
    pub incarnation: Incarnation,
    /// As the daemon knows it, or is it.
    pub led: Led,
    /// Signed by the owner: this key is this host of this vm. Empty for a client.
    pub ticket: Vec<u8>,
    /// For a client: the id of its first command; the next ones follow by one, up to
    /// [`Welcome::command_count`].
    pub command_first: u64,
    pub command_count: u32,
    /// The first part of the list; the others follow in frames of their own.
    pub hosts: Hosts,
    pub settings: Vec<(String, Vec<u8>)>,
    /// To a daemon: offer the detached commands that you have, whoever answers may not know them.
    pub adopt: bool,
}

/// The answer that does not; also the last word on a link that is being closed.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub reason: String,
}

/// Child to parent: hosts that are no longer reached through the sender, and why. How hosts come
/// to be reached is [`super::Join`].
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    pub down: Vec<(HostId, String)>,
}

impl Message for Hello {
    const KIND: Kind = Kind::Hello;
}

impl Message for Welcome {
    const KIND: Kind = Kind::Welcome;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Welcome, self.hosts.hosts.len(), limits::TARGETS_MAX)?;
        at_most(Kind::Welcome, self.settings.len(), limits::SETTINGS_MAX)
    }
}

impl Message for Refused {
    const KIND: Kind = Kind::Refused;
}

impl Message for Reach {
    const KIND: Kind = Kind::Reach;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Reach, self.down.len(), limits::TARGETS_MAX)
    }
}
