//! One voter (or follower) of the control state: [`Node::handle`] turns [`Input`]s into
//! [`Output`]s. Raft itself is the `raft` crate; what is ours is around it: persistence that is
//! said before it is relied on, chance from outside, snapshots in pieces, epochs, refusals in
//! words. See `docs/decisions/015-raft.md`.
//!
//! Called by the daemon and by `sim`.

mod error;
mod input;
mod node;
mod output;
mod peer;
mod pending;
mod persist;
mod recover;
mod snapshot;
mod store;
mod translate;
mod types;

pub use error::Refused;
pub use input::Input;
pub use node::{Config, Node, Stored, Time};
pub use output::{Output, Persist};
pub use peer::{Body, PeerMessage, RaftMessage};
pub use recover::{founded, recover};
pub use types::{Hard, LogEntry, Matter, Membership, SnapshotMeta, VoterId};
