//! The wire of posse: frames, the register of kinds, messages, limits and outcomes.
//!
//! Every link (ssh pipe, unix socket, TLS) carries the same [`Frame`]s: a fixed 16-byte header
//! and a body. Control bodies are [`Message`]s in one encoding (postcard); stream bodies are a
//! short fixed prefix and raw bytes, never re-encoded on the way. No I/O happens here: bytes come
//! in and go out as values. Called by `proto` (state machines), `net` (links) and `posse`
//! (front ends).
//!
//! ```
//! use posse_wire::{Frame, Message, msg::Signal, CommandId, decode_frame};
//! let frame = Signal { rank: None, signal: 2 }.frame(CommandId(7));
//! let mut bytes = bytes::BytesMut::from(&frame.to_bytes()[..]);
//! let back = decode_frame(&mut bytes, posse_wire::limits::CONTROL_FRAME_BYTES_MAX)?.unwrap();
//! assert_eq!(Signal::decode(&back)?, Signal { rank: None, signal: 2 });
//! # Ok::<(), posse_wire::WireError>(())
//! ```

mod burst;
mod error;
mod frame;
mod ids;
mod kind;
pub mod limits;
mod message;
pub mod msg;
mod outcome;
pub mod raw;
mod reference;
mod stream;

pub use burst::Burst;
pub use error::WireError;
pub use frame::{Frame, HEADER_BYTES, decode_frame};
pub use ids::{CommandId, Content, HostId, Incarnation, Lead, ProcessId, Rank, VmId};
pub use kind::Kind;
pub use message::{Message, decode_value, encode_value};
pub use outcome::Outcome;
pub use reference::reference;
pub use stream::{Fd, StreamAck, StreamChunk};

/// The version of this wire; a link speaks the lower of its two ends' versions.
pub const WIRE_VERSION: u16 = 1;

/// The oldest version this build still understands (N and N-1, design D13).
pub const WIRE_VERSION_OLDEST: u16 = 1;
