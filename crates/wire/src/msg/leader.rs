//! Who leads the vm, and where: to a front end that dialed a host from elsewhere.

use crate::{HostId, Kind, Message};
use serde::{Deserialize, Serialize};

/// The first word on such a link, from the host. The front end says `Hello` only where the answer
/// is [`LeaderAt::Here`]; otherwise the link is over.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    pub at: LeaderAt,
}

/// Where the daemon is that leads, as a host knows.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum LeaderAt {
    /// On the host that says this.
    Here,
    /// On the owner's machine, which takes no direct links.
    Owner,
    /// On another host. Where that listens, and the owner's word for its key, are said by hosts
    /// that vote; the others leave both empty.
    Host { number: HostId, address: String, ticket: Vec<u8> },
    /// Not known: the one that led is lost, and another is looked for.
    Nobody,
}

impl Message for Leader {
    const KIND: Kind = Kind::Leader;
}
