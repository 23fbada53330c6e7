//! What is known of a message without its payload. Written by the sender's engine, read by
//! matching and by whoever received it.

use posse_wire::ProcessId;

use crate::attributes::Attributes;
use crate::limits::ENVELOPE_COST_BYTES;

/// Where a message can be matched at all: no wildcard crosses a scope.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Scope {
    /// Who speaks: PVM, MPI, the native API, objects. A small number, the same in every process.
    pub face: u8,
    /// A communicator of MPI, a context of PVM; allotted by the face.
    pub context: u64,
}

/// How a message travels.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Mode {
    /// With its envelope if it is small and the receiver has room, by rendezvous if not. What MPI
    /// calls standard; its ready mode is the same.
    Eager,
    /// The payload stays with the sender until a receive has met the envelope.
    Rendezvous,
    /// As `Eager`, and the sender hears when a receive has met it.
    Synchronous,
}

/// The fixed fields of a message and its attributes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    pub source: ProcessId,
    pub destination: ProcessId,
    /// Counts the messages of this pair in this direction, from 1.
    pub number: u64,
    pub scope: Scope,
    pub tag: i64,
    /// Of the payload, in bytes.
    pub length: u64,
    pub mode: Mode,
    pub attributes: Attributes,
}

impl Envelope {
    /// What it takes of the receiver's memory while it waits, in bytes. Both ends count it.
    pub fn cost(&self) -> u64 {
        ENVELOPE_COST_BYTES + self.attributes.as_bytes().len() as u64
    }
}
