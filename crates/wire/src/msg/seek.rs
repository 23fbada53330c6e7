//! A host that its parent does not hear: others are asked to look for it at its port, and whoever
//! reaches it becomes its relay. How it is admitted then is [`super::Join`].

use crate::{HostId, Kind, Lead, Message, WireError, limits};
use serde::{Deserialize, Serialize};

/// Look for this host at its port, and relay for it if it is there. Answered by its [`super::Join`]
/// or by [`Sought`].
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Seek {
    /// Who is to look.
    pub at: HostId,
    pub number: HostId,
    /// Where it takes direct links, as in [`super::Facts::listens`], and by which key it is known.
    pub address: String,
    pub key: [u8; 32],
    /// To be shown there.
    pub warrant: Warrant,
}

/// The word of who leads that a host may be the parent of another one: which, is in the signature
/// alone.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Warrant {
    /// That of who signed; good for no later one.
    pub lead: Lead,
    /// Who signed, by its key.
    pub signer: [u8; 32],
    /// The signer's own ticket; empty where the owner signed.
    pub ticket: Vec<u8>,
    /// Ed25519, 64 bytes.
    pub signature: Vec<u8>,
}

/// There is no way to the host `number` from the host `at`.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    pub at: HostId,
    pub number: HostId,
    /// Its daemon is known to be no more: the port at which it was reached before is closed.
    pub gone: bool,
    pub why: String,
}

/// A relay does not hear this host below it, or hears it again.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub number: HostId,
    /// For how long; none where it is heard.
    pub silent_ms: Option<u64>,
}

impl Message for Seek {
    const KIND: Kind = Kind::Seek;

    fn check(&self) -> Result<(), WireError> {
        let got = self.address.len() as u64;
        let max = limits::ADDRESS_BYTES_MAX as u64;
        if got > max { Err(WireError::TooLong { got, max }) } else { Ok(()) }
    }
}

impl Message for Sought {
    const KIND: Kind = Kind::Sought;
}

impl Message for Doubt {
    const KIND: Kind = Kind::Doubt;
}
