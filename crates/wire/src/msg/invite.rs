//! Computers that join by a code: the front end that asks for one, and what is said at the port
//! where it is shown.

use crate::message::at_most;
use crate::{HostId, Kind, Message, VmId, WireError, limits};
use serde::{Deserialize, Serialize};

/// Client to the owner's daemon: a code by which others may join. Answered by [`Invited`].
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// How many may join by it; 0 ends all codes that were given out.
    pub uses: u32,
    /// From now on.
    pub for_ms: u64,
    /// Where this machine is reached; empty: as it reaches others.
    pub at: Vec<String>,
    /// 0: any that is free, or the one where it listens already.
    pub port: u16,
}

/// The code, or why there is none.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    pub result: Result<String, String>,
}

/// The first frame of who has dialed to join, and of a host that joined so and is back.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Apply {
    pub wire: u16,
    pub wire_oldest: u16,
    pub vm: VmId,
    pub wish: Application,
}

/// What is applied for.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Application {
    /// To be a host, under this name, by the secret of a code.
    Join { secret: [u8; 16], name: String },
    /// To be linked again. The ticket is for the key that was proven.
    Back { number: HostId, ticket: Vec<u8> },
    /// Said on that link: this host leaves for good, and has no work any more.
    Leave,
}

/// The application is granted: the host that the dialer is from now on.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub number: HostId,
    pub vm_name: String,
    pub ticket: Vec<u8>,
    pub linger_ms: u64,
    pub down_after_ms: u64,
}

impl Message for Invite {
    const KIND: Kind = Kind::Invite;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Invite, self.at.len(), limits::INVITE_ADDRESSES_MAX)
    }
}

impl Message for Invited {
    const KIND: Kind = Kind::Invited;
}

impl Message for Apply {
    const KIND: Kind = Kind::Apply;
}

impl Message for Applied {
    const KIND: Kind = Kind::Applied;
}
