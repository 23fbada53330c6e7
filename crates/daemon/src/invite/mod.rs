//! Computers that join by a code (`posse invite`, `posse join`): they dial out only, to the owner's
//! machine, and never need to be reached.
//!
//! - `book`: the codes that were given out; values only
//! - `desk`: the owner's daemon gives out codes and keeps the book
//! - `door`: the port where codes are shown, open while there is a code or a host that came by one
//! - `joined`: what a host that joined keeps, and its link to the owner's daemon
//! - `join`: `posse join` itself, before there is a daemon; `until`: when the time comes that it
//!   was told; `leave`: `posse leave`
//!
//! Called by `run` and the shell.

mod book;
mod desk;
mod dial;
mod door;
mod join;
mod joined;
mod leave;
mod until;

pub(crate) use desk::{Invites, invite, take_up};
pub use join::{JoinError, JoinedAs, Joining, join};
pub(crate) use joined::{FILES, Joined, depart, stay};
pub use leave::leave;
