//! Files of tasks on their way. Their bytes go from parent to child by content: a child asks its
//! parent for parts, and a parent that does not have the file asks its own, so that each link
//! carries it once. What holder and hosts say to each other about files is in the farm's encoding
//! (`posse-farm`), and is routed.

use crate::message::at_most;
use crate::{Content, HostId, Kind, Message, WireError, limits, raw};
use serde::{Deserialize, Serialize};

/// Child to parent: a part of a file, please. Asked again where no answer comes.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bring {
    pub content: Content,
    pub at: u64,
    pub bytes: u32,
}

/// Parent to child: the part that begins at `at`, or why there will be none.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    pub content: Content,
    pub at: u64,
    #[serde(with = "raw::answer")]
    pub bytes: Result<Vec<u8>, String>,
}

/// Down the tree: words of a holder about files. May be lost with a link.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Ship {
    pub to: HostId,
    pub from: HostId,
    #[serde(with = "raw")]
    pub body: Vec<u8>,
}

/// Up the tree: words of a host about files, and parts of them. May be lost with a link.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    pub to: HostId,
    pub from: HostId,
    #[serde(with = "raw")]
    pub body: Vec<u8>,
}

impl Message for Bring {
    const KIND: Kind = Kind::Bring;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Bring, self.bytes as usize, limits::CHUNK_BYTES_MAX)
    }
}

impl Message for Brought {
    const KIND: Kind = Kind::Brought;

    fn check(&self) -> Result<(), WireError> {
        let bytes = self.bytes.as_ref().map_or_else(String::len, Vec::len);
        at_most(Kind::Brought, bytes, limits::CHUNK_BYTES_MAX)
    }
}

impl Message for Ship {
    const KIND: Kind = Kind::Ship;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Ship, self.body.len(), limits::FARM_PIECE_BYTES)
    }
}

impl Message for Shipped {
    const KIND: Kind = Kind::Shipped;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Shipped, self.body.len(), limits::FARM_PIECE_BYTES)
    }
}
