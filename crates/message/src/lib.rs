//! What one process of a vm knows of messages: which message meets which receive, what was sent
//! and not acknowledged, what may be sent, how large ones are fetched.
//!
//! [`Engine`] is fed packets and time by a driver, and gives out packets; it does no I/O and reads
//! no clock. Faces (PVM, MPI, the native API, objects) speak to it in envelopes, wants and
//! payload. Described in `docs/internals/messages.md`.
//!
//! - `matching`: wants and envelopes
//! - `packet`: the bytes between two processes
//! - `session`: one pair: numbers, acknowledgements, credit, what is sent again
//! - `engine`: all of one process
//! - `collective`: what members of a group send each other, step by step
//! - `buffers`: large buffers that are used again
//!
//! Called by the drivers of `posse` and the bindings, and by `sim`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod attributes;
mod buffers;
pub mod collective;
mod engine;
mod envelope;
mod hash;
pub mod limits;
pub mod matching;
mod packet;
mod session;
mod slab;
mod want;

pub use attributes::{Attributes, BadAttributes};
pub use buffers::Buffers;
pub use engine::{
    Down, Engine, Failure, Fetch, Finished, Message, MessageId, Options, PostError, Received,
    RecvId, SendError, SendId, SendState, Violation,
};
pub use envelope::{Envelope, Mode, Scope};
pub use packet::{BadPacket, Body, Head, Packet};
pub use want::Want;
