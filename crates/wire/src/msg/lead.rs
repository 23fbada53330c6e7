//! Who leads the vm: said down the tree whenever that changes.

use crate::{HostId, Kind, Lead, Message};
use serde::{Deserialize, Serialize};

/// From here on the daemon of `leader` holds the table of hosts; a claim to a smaller lead is not
/// listened to.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Led {
    pub lead: Lead,
    pub leader: HostId,
}

impl Message for Led {
    const KIND: Kind = Kind::Led;
}
