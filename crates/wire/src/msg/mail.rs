//! The mailbox: messages that processes leave for whoever wants them, in classes of a name with an
//! index each. The daemon that leads has it in memory alone, and each process tells it again what
//! it left there when another daemon leads. Rules and flags are those of pvm_putinfo(3PVM).

use crate::message::at_most;
use crate::{Kind, Message, ProcessId, WireError, limits};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One thing asked in the name of a process; answered by [`Mailed`] under the same id, a wait when
/// it is over.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub by: ProcessId,
    pub ask: MailAsk,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum MailAsk {
    /// Leave a message. The same `seq` as in the process's last change is a second try, and is
    /// answered as that was.
    Put {
        seq: u64,
        name: String,
        flags: MailFlags,
        value: Vec<u8>,
    },
    /// It left this, and was told so by a daemon that may have been another.
    Keep {
        name: String,
        flags: MailFlags,
        value: Vec<u8>,
        at: Stored,
    },
    /// Read one; with [`MailFlags::DELETE`] at most one reader gets it.
    Get {
        name: String,
        index: u32,
        flags: MailFlags,
    },
    Delete {
        seq: u64,
        name: String,
        index: u32,
    },
    /// All that stands behind this class and index.
    List {
        behind: Option<(String, u32)>,
    },
    /// No more of the wait of this id.
    Stop,
}

/// What may be done with an entry, or is to be done in reading one: PVM's numbers.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailFlags(pub u32);

impl MailFlags {
    /// It stays when its owner ends.
    pub const PERSISTENT: MailFlags = MailFlags(1);
    /// One of several in its class: it gets a free index.
    pub const MULTI: MailFlags = MailFlags(2);
    /// Others may write over it and delete it.
    pub const OVERWRITABLE: MailFlags = MailFlags(4);
    /// The first with this index or a greater one.
    pub const FIRST: MailFlags = MailFlags(8);
    /// Take it out.
    pub const DELETE: MailFlags = MailFlags(16);
    /// Until there is one.
    pub const WAIT: MailFlags = MailFlags(32);

    /// The bits from here on are an index (`PvmMboxDirectIndex`).
    const INDEX_SHIFT: u32 = 10;

    pub fn has(self, flag: MailFlags) -> bool {
        self.0 & flag.0 != 0
    }

    /// Where an entry is to stand; with [`MailFlags::MULTI`] there or at the next free index.
    pub fn index(self) -> u32 {
        self.0 >> Self::INDEX_SHIFT
    }
}

impl std::ops::BitOr for MailFlags {
    type Output = MailFlags;

    fn bitor(self, other: MailFlags) -> MailFlags {
        MailFlags(self.0 | other.0)
    }
}

/// Where an entry stands, and which one that is.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub index: u32,
    /// Greater with each entry of one mailbox.
    pub version: u64,
    /// Which daemon's mailbox.
    pub board: u64,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Mailed {
    Stored(Stored),
    /// To the owner of an entry, under the id by which it last stored or kept it: somebody deleted
    /// it or wrote over it. Also the answer to a `Keep` of such a one.
    Taken {
        name: String,
        at: Stored,
    },
    Found {
        index: u32,
        /// Its last one, where that has gone.
        owner: Option<ProcessId>,
        flags: MailFlags,
        value: Vec<u8>,
    },
    Deleted {
        index: u32,
    },
    Listed {
        entries: Vec<MailEntry>,
        more: bool,
    },
    Stopped,
    Refused(MailError),
}

/// An entry, as a list shows it.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct MailEntry {
    pub name: String,
    /// Greater for a class that came to be later.
    pub class: u64,
    pub index: u32,
    /// None where it has gone.
    pub owner: Option<ProcessId>,
    pub flags: MailFlags,
    /// Of its value.
    pub bytes: u32,
}

/// Why not; nothing was done.
#[derive(Serialize, Deserialize, Error, Debug, Clone, PartialEq, Eq)]
pub enum MailError {
    #[error("there is no such entry")]
    NotFound,
    #[error("the entry is another process's")]
    Denied,
    /// A limit, or a process that may not be spoken for.
    #[error("{why}")]
    Other { why: String },
}

impl Message for Mail {
    const KIND: Kind = Kind::Mail;

    fn check(&self) -> Result<(), WireError> {
        let (name, value) = match &self.ask {
            MailAsk::Put { name, value, .. } | MailAsk::Keep { name, value, .. } => {
                (name.len(), value.len())
            }
            MailAsk::Get { name, .. } | MailAsk::Delete { name, .. } => (name.len(), 0),
            MailAsk::List { behind } => (behind.as_ref().map_or(0, |(name, _)| name.len()), 0),
            MailAsk::Stop => (0, 0),
        };
        at_most(Kind::Mail, name, limits::NAME_BYTES_MAX)?;
        at_most(Kind::Mail, value, limits::MAIL_VALUE_BYTES_MAX)
    }
}

impl Message for Mailed {
    const KIND: Kind = Kind::Mailed;

    fn check(&self) -> Result<(), WireError> {
        match self {
            Mailed::Found { value, .. } => {
                at_most(Kind::Mailed, value.len(), limits::MAIL_VALUE_BYTES_MAX)
            }
            _ => Ok(()),
        }
    }
}
