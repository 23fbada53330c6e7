//! The bytes between two processes: one packet in a frame of a daemon, in a slot of a ring, or in
//! a frame of a direct link. All numbers are little-endian.
//!
//! - `head`: what every packet begins with: its number, acknowledgement, credit
//! - `body`: what it is for
//! - `codec`: bytes to packets and back
//!
//! Called by `session` and `engine`; drivers encode what [`crate::Engine`] gives out.

mod body;
mod codec;
mod head;

pub use body::Body;
pub use codec::{BadPacket, Packet};
pub use head::Head;
