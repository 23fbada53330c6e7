//! Who leads the vm: said down the tree whenever that changes.

use crate::message::at_most;
use crate::{HostId, Kind, Lead, Message, WireError, limits};
use serde::{Deserialize, Serialize};

/// From here on the daemon of `leader` holds the table of hosts; a claim to a smaller lead is not
/// listened to.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Led {
    pub lead: Lead,
    pub leader: HostId,
    /// Who may lead next: the hosts that vote. Nobody else is believed to.
    pub voters: Vec<HostId>,
}

impl Message for Led {
    const KIND: Kind = Kind::Led;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Led, self.voters.len(), limits::VOTERS_MAX)
    }
}

impl Default for Led {
    /// Where nobody has chosen: the owner's daemon leads.
    fn default() -> Led {
        Led { lead: Lead::default(), leader: HostId::OWNER, voters: Vec::new() }
    }
}
