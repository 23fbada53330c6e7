//! Processes of the vm that messages may name: how they come to have an id, and how others learn
//! that one is over.

use crate::message::at_most;
use crate::{
    CommandId, Frame, HostId, Incarnation, Kind, Message, ProcessId, Rank, WireError, limits,
};
use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// A process that came through the private socket wants to take part.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrol {
    /// The id that it was started with (`POSSE_PROCESS`), where it was.
    pub claims: Option<ProcessId>,
}

/// The answer: its id from here on, which is not the one that it claimed where another process has
/// that already.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrolled {
    pub process: ProcessId,
}

/// A process that has an id, as its host lists it.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct EnrolledEntry {
    pub process: ProcessId,
    /// The process that had it started, where that was one.
    pub parent: Option<ProcessId>,
    /// As which process of a command it was started, where posse started it.
    pub family: Option<(CommandId, Rank)>,
    pub state: EnrolledState,
    pub title: String,
}

/// How far a process has come.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum EnrolledState {
    /// It was started and can take part.
    Started,
    /// It takes part.
    Enrolled,
    /// It is over, or was never started; known for a while.
    Over { why: String },
}

/// Tell `by` when the process of the frame's id is over; at once where it is. Asking again changes
/// nothing.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follow {
    pub by: ProcessId,
}

/// To the process of the frame's id: this process is over, and nothing more comes from it.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    pub process: ProcessId,
    pub why: String,
}

/// A process asks for a way to the process of the frame's id that passes no daemon. There may be
/// none: then nothing comes of it.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meet {
    /// By which it proves itself to a process of another host (Ed25519).
    pub key: Option<[u8; 32]>,
    /// It was asked to.
    pub answers: bool,
}

/// To both of two processes of a host, each with the other's id on the frame: what comes with it
/// are a socket whose other end the other one has, and the memory of the host's permits to spin.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    /// Greater than of any earlier one of these two.
    pub number: u64,
    /// How many permits the memory holds.
    pub permits: u32,
}

/// A process has closed its way to the process of the frame's id.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {}

/// What a host's daemon says of a process of its host, to the process of the frame's id: the two
/// are going to have a link of their own, over which each proves its key.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Introduce {
    pub from: ProcessId,
    /// The key of that process.
    pub key: [u8; 32],
    /// It was asked to.
    pub answers: bool,
    /// Where its host takes connections, as in [`super::Facts::listens`].
    pub listens: String,
    /// The ticket of its host, whose key has signed that this is the process's.
    pub ticket: Vec<u8>,
    /// Ed25519, 64 bytes.
    pub signature: Vec<u8>,
}

/// The same for the process itself, whose daemon has looked at the signature.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Introduced {
    pub key: [u8; 32],
    pub answers: bool,
    /// Where its host takes connections; empty where it takes none.
    pub there: String,
    /// Whether this host takes connections.
    pub here: bool,
}

/// A connection of the process of the frame's id comes with this: a TCP socket on which nothing was
/// said that concerns its receiver.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {}

/// Parent to child: these lives of hosts are over, and with them their processes.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct Lost {
    pub hosts: Vec<(HostId, Incarnation)>,
    pub why: String,
}

/// What one process sends to another, as far as daemons look at it: the frame's id says for whom,
/// the first eight bytes of the body from whom. The rest is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub from: ProcessId,
    pub to: ProcessId,
    pub bytes: Bytes,
}

impl Packet {
    pub fn frame(&self) -> Frame {
        let mut body = BytesMut::with_capacity(8 + self.bytes.len());
        body.put_u64_le(self.from.0);
        body.extend_from_slice(&self.bytes);
        Frame { kind: Kind::Message, flags: 0, id: CommandId(self.to.0), body: body.freeze() }
    }

    pub fn decode(frame: &Frame) -> Result<Packet, WireError> {
        let bad = || WireError::BadBody(Kind::Message.name());
        let from = frame.body.first_chunk::<8>().ok_or_else(bad)?;
        let (from, to) = (ProcessId(u64::from_le_bytes(*from)), ProcessId(frame.id.0));
        Ok(Packet { from, to, bytes: frame.body.slice(8..) })
    }
}

impl Message for Enrol {
    const KIND: Kind = Kind::Enrol;
}

impl Message for Enrolled {
    const KIND: Kind = Kind::Enrolled;
}

impl Message for Follow {
    const KIND: Kind = Kind::Follow;
}

impl Message for Gone {
    const KIND: Kind = Kind::Gone;
}

impl Message for Meet {
    const KIND: Kind = Kind::Meet;
}

impl Message for Met {
    const KIND: Kind = Kind::Met;
}

impl Message for Part {
    const KIND: Kind = Kind::Part;
}

impl Message for Introduce {
    const KIND: Kind = Kind::Introduce;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Introduce, self.listens.len(), limits::ADDRESS_BYTES_MAX)
    }
}

impl Message for Introduced {
    const KIND: Kind = Kind::Introduced;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Introduced, self.there.len(), limits::ADDRESS_BYTES_MAX)
    }
}

impl Message for Called {
    const KIND: Kind = Kind::Called;
}

impl Message for Lost {
    const KIND: Kind = Kind::Lost;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Lost, self.hosts.len(), limits::TARGETS_MAX)
    }
}
