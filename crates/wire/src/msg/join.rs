//! How a host below a relay becomes a member: its hello goes up as a request, the owner's word
//! comes down. Only the owner admits; a relay passes both on and learns the way from the answer.

use super::Facts;
use crate::{HostId, Incarnation, Kind, Message};
use serde::{Deserialize, Serialize};

/// What the daemon of host `number` said to the relay `parent`, as in [`super::Role::Host`].
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Join {
    pub number: HostId,
    pub parent: HostId,
    pub boot: u64,
    pub key: [u8; 32],
    pub facts: Box<Facts>,
}

/// The owner's word on the host `number` below the receiver.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    pub number: HostId,
    pub verdict: Verdict,
}

/// What the owner says of a host.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The life of its daemon that is meant, its incarnation, its ticket signed by the owner.
    /// `adopt` as in [`super::Welcome`].
    Admitted { boot: u64, incarnation: Incarnation, ticket: Vec<u8>, adopt: bool },
    /// Close its link, saying this.
    Refused { reason: String },
    /// It was taken out of the vm: end everything there, then close its link.
    Removed { purge: bool },
}

impl Message for Join {
    const KIND: Kind = Kind::Join;
}

impl Message for Admission {
    const KIND: Kind = Kind::Admission;
}
