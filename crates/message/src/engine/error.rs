//! What can be wrong with a send, a receive, or a packet.

use posse_wire::{Outcome, ProcessId};
use thiserror::Error;

use crate::packet::BadPacket;

/// Why a peer is no more, as its host's daemon or the vm has it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Down {
    /// The process has ended.
    Ended,
    /// Its host is down.
    Host,
    /// No majority can be reached that knows, so it may live (design, P1).
    Unreachable,
}

/// How a request ended that did not end well: a peer is down.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
#[error("process {peer} is down ({why:?}); of the message: {outcome}")]
pub struct Failure {
    pub peer: ProcessId,
    pub why: Down,
    /// Of the message: `NotDone` if no receive can have got it.
    pub outcome: Outcome,
}

/// Why a message was not taken. None of it was sent.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
pub enum SendError {
    #[error("{held} bytes are held already, and the limit is {limit}")]
    Full { held: u64, limit: u64 },
    #[error("this process has as many peers as it may have")]
    Peers,
    #[error(transparent)]
    Down(Failure),
}

/// Why a receive was not posted.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
pub enum PostError {
    #[error("this process has as many peers as it may have")]
    Peers,
}

/// What a peer sent that no engine sends. The packet has changed nothing but what it said before
/// its fault; a driver that trusts a peer no more declares it down.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
pub enum Violation {
    #[error(transparent)]
    Packet(#[from] BadPacket),
    #[error("packet of this process itself")]
    Own,
    #[error("packet of a process that is down")]
    Down,
    #[error("packet of a new process, and this one has as many peers as it may have")]
    Peers,
    #[error("acknowledges packet {0}, which was not sent")]
    Ack(u64),
    #[error("packet {0} is further ahead than may be")]
    Ahead(u64),
    #[error("message {0} is out of order")]
    Number(u64),
    #[error("message {0} is more than there was leave for")]
    Credit(u64),
    #[error("speaks of message {0}, which there is not or not any more")]
    Unknown(u64),
    #[error("part of message {0} does not continue it")]
    Chunk(u64),
}
