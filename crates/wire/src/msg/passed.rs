//! A client of a host's daemon that does not lead, served by the one that does: what the two say
//! goes along the tree.

use crate::{HostId, Kind, Message, WireError, limits};
use serde::{Deserialize, Serialize};

/// Of one client; `host` and `client` name it while it is connected.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// Where it is connected.
    pub host: HostId,
    /// That host's number for it, never used again in the life of its daemon.
    pub client: u64,
    pub what: Passing,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// It is there; upwards only.
    Opened,
    /// The next bytes of its frames, or of those for it.
    Bytes(Vec<u8>),
    /// The client is gone, or is to go.
    Closed { why: String },
}

impl Message for Passed {
    const KIND: Kind = Kind::Passed;

    fn check(&self) -> Result<(), WireError> {
        match &self.what {
            Passing::Bytes(bytes) if bytes.len() > limits::PASSED_BYTES_MAX => {
                let (got, max) = (bytes.len() as u64, limits::PASSED_BYTES_MAX as u64);
                Err(WireError::TooLong { got, max })
            }
            _ => Ok(()),
        }
    }
}
