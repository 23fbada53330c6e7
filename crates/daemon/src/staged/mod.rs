//! Programs that a front end has sent because this host has none of that name
//! (`posse spawn --stage`): `staged/HASH/NAME` beside the cached binaries of posse, by what they
//! hold, so that one is sent once. `place` says where they lie and how they go; `put` takes one,
//! `start` becomes one. Both are processes that a front end starts, not the daemon.

mod place;
mod put;
mod start;

pub(crate) use place::{purge, remove_old};
pub use put::main as put;
pub use start::main as start;
