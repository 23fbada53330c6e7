//! Processes of a host: starting them, waiting for their end, ending what they leave behind.
//!
//! Not here: which command runs where (`proto`), the bytes of their streams (the daemon's own
//! loop reads and writes the [`Started::ends`]). Called by the daemon's one thread; the binary's
//! `main` calls [`trampoline`] alone.

mod account;
mod cgroup;
pub(crate) mod cgroup_tree;
mod context;
mod ending;
mod ends;
mod environment;
mod error;
mod family;
pub(crate) mod limits;
mod load;
pub(crate) mod pass;
mod program;
mod reap;
mod request;
mod resource;
mod spawn;
mod start;
mod terminal;
mod token;
mod trampoline;
mod tree;

pub use context::HostContext;
pub use ending::{Ending, Step, end};
pub use ends::ChildEnd;
pub use error::StartError;
pub use family::{Families, Family, Who};
pub(crate) use program::find as find_program;
pub use reap::{How, become_reaper, reap_all};
pub use start::{End, Place, Started, start, start_with};
pub use terminal::resize;
pub use token::{LAUNCH_MARK, TOKEN_NAME};
pub use trampoline::trampoline;
pub(crate) use tree::{entry, family};
