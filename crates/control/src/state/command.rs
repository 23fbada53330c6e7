//! What may be proposed, and what is answered. Encoded in postcard; sizes are checked before a
//! command is taken in, by the voter that proposes it and by each that applies it.

use super::hosts::HostRow;
use super::names::Owner;
use posse_wire::{Lead, WireError, decode_value, encode_value, limits};
use serde::{Deserialize, Serialize};

/// A client whose retries are recognised. Given by [`Command::Open`], never reused.
#[derive(
    Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug, Default,
)]
pub struct ClientId(pub u64);

/// A command and whose it is. A client numbers its commands from 1 upwards and proposes them in
/// that order; the same number again is a retry and gets the same answer.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub client: ClientId,
    pub seq: u64,
    pub command: Command,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A client id, please. Has no client yet, and is the one command that is not recognised when
    /// retried: an id that nobody uses is forgotten in time.
    Open,
    /// The rows of the table of hosts that changed. The names of a life that is over are released:
    /// of a host that is not up, is up in another incarnation, or is no longer of the vm.
    Hosts(Vec<HostRow>),
    /// A process ended: its names are released.
    ProcessGone(Owner),
    /// A name for a living process.
    Register { name: String, value: Vec<u8>, owner: Owner, expect: Expect },
    /// No longer.
    Unregister { name: String, owner: Owner, expect: Expect },
    /// A setting of the vm.
    Set { name: String, value: Option<Vec<u8>> },
    /// As `Open`, for the daemon that leads the vm with this lead: from now on the rows of hosts
    /// and the ends of processes are this client's to tell, and those of others are refused. So
    /// what a leader of before believed while it was cut off is not taken for true.
    Lead(Lead),
}

/// What must be so for a name to change.
#[derive(Copy, Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub enum Expect {
    /// Nobody has it.
    Absent,
    /// The same process has it, in any version; or nobody.
    Own,
    /// It is in this version.
    Version(u64),
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done,
    Opened(ClientId),
    /// The version of a name from now on.
    Version(u64),
    /// Another process has the name, or it is in another version.
    Taken {
        owner: Owner,
        version: u64,
    },
    /// There is no such name.
    NoName,
    /// No such host, or no longer, or not in this incarnation.
    NoHost,
    /// A limit stands in the way; which.
    Full(Limit),
    /// The client is not known, or was forgotten. Whether an earlier try was done is unknown.
    NoClient,
    /// A later command of this client is done already, and this one's answer is no longer kept,
    /// or it came too late: it was not done now.
    Late,
    /// Another daemon leads the vm by now, and tells what is so.
    Superseded,
}

/// Which limit.
#[derive(Copy, Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub enum Limit {
    Hosts,
    Names,
    NameBytes,
    Settings,
    SettingBytes,
}

impl Proposal {
    pub fn encode(&self) -> Vec<u8> {
        encode_value(self)
    }

    /// The length is checked before anything is made of it.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let (got, max) = (bytes.len() as u64, limits::COMMAND_BYTES_MAX as u64);
        if got > max {
            return Err(WireError::TooLong { got, max });
        }
        let proposal: Proposal = decode_value(bytes)?;
        proposal.command.check()?;
        Ok(proposal)
    }
}

impl Command {
    pub fn check(&self) -> Result<(), WireError> {
        match self {
            Command::Hosts(rows) => {
                within("hosts", rows.len(), limits::HOSTS_PER_COMMAND_MAX)?;
                rows.iter()
                    .try_for_each(|row| within("host", bytes_of(row), limits::HOST_BYTES_MAX))
            }
            Command::Register { name, value, .. } => {
                within("value", value.len(), limits::NAME_VALUE_BYTES_MAX)?;
                within("name", name.len(), limits::NAME_BYTES_MAX)
            }
            Command::Unregister { name, .. } => within("name", name.len(), limits::NAME_BYTES_MAX),
            Command::Set { name, .. } => within("setting", name.len(), limits::NAME_BYTES_MAX),
            Command::Open | Command::ProcessGone(_) | Command::Lead(_) => Ok(()),
        }
    }
}

fn bytes_of<T: Serialize>(value: &T) -> usize {
    encode_value(value).len()
}

fn within(kind: &'static str, count: usize, max: usize) -> Result<(), WireError> {
    if count <= max {
        return Ok(());
    }
    Err(WireError::TooMany { kind, count: count as u64, max: max as u64 })
}
