//! The control state between daemons, and what front ends are told of who votes on it.

use crate::message::at_most;
use crate::{HostId, Kind, Message, WireError, limits};
use serde::{Deserialize, Serialize};

/// From the control part of one daemon to that of another, along the tree. May be lost.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Control {
    pub to: HostId,
    pub from: HostId,
    /// In the control state's own encoding.
    pub body: Vec<u8>,
}

/// Asked by a client with an empty one, answered with who votes on the control state now.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Voters {
    pub epoch: u32,
    /// Who leads, as far as is known.
    pub leader: Option<HostId>,
    pub voters: Vec<HostId>,
    /// They hold the state and do not vote.
    pub followers: Vec<HostId>,
    /// Without this relay no majority of the voters is reached.
    pub hangs_by: Option<HostId>,
}

/// Client to owner's daemon: the voters are lost for good, go on without them, as the only voter
/// of a new epoch. Answered by `Done`.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Recover {
    /// The epoch that is to end; any other is refused.
    pub epoch: u32,
}

impl Message for Control {
    const KIND: Kind = Kind::Control;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Control, self.body.len(), limits::CONTROL_BODY_BYTES_MAX)
    }
}

impl Message for Voters {
    const KIND: Kind = Kind::Voters;

    fn check(&self) -> Result<(), WireError> {
        // While they change, those of before count too.
        at_most(Kind::Voters, self.voters.len(), 2 * limits::VOTERS_MAX)?;
        at_most(Kind::Voters, self.followers.len(), 2 * limits::LEARNERS_MAX)
    }
}

impl Message for Recover {
    const KIND: Kind = Kind::Recover;
}
