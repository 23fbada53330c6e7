//! What the processes of a vm hold together: groups with barriers, a mailbox, contexts.
//!
//! A [`Board`] belongs to one process of the vm, by its [`ProcessId`], and asks in its name; what
//! that process holds goes with it when it is over. The daemon that leads has all of it in memory.
//! When another daemon comes to lead, or the way to it is lost, the board connects again and tells
//! what its process holds, and waits go on: nothing is lost but entries of the mailbox whose owner
//! has gone already. A member that is there only after five seconds may find that another has got
//! its instance number, and then has another one ([`Groups::instance`]).
//!
//! Every call ends: with its answer, with [`Error::Deadline`](crate::Error::Deadline) where a
//! deadline was given, or with [`Error::Disconnected`](crate::Error::Disconnected) once no daemon
//! that leads was reached for a minute.
//!
//! ```no_run
//! use posse::board::OnDeath;
//! use posse::message::Process;
//!
//! fn all_there(process: &Process) -> Result<u32, posse::Error> {
//!     let groups = process.vm()?.board(process.id())?.groups();
//!     let mine = groups.join("workers")?;
//!     groups.barrier("workers", Some(8), OnDeath::Fail, None)?;
//!     Ok(mine)
//! }
//! ```

mod asks;
mod connection;
mod contexts;
mod groups;
mod held;
mod mailbox;
mod state;
#[cfg(test)]
mod tests;

pub use connection::Board;
pub use contexts::Contexts;
pub use groups::{Groups, OnDeath};
pub use mailbox::{Letter, Mailbox};
pub use posse_wire::msg::{GroupEntry, GroupError, MailEntry, MailError, MailFlags};
