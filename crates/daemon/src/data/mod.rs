//! Files of tasks on this host: by content, kept in a bounded store (`store`), fetched from the
//! parent (`fetch`), served to children (`serve`). Each link of the tree carries a file once,
//! however many tasks and hosts behind it need it. Which file a task needs, and what becomes of
//! outputs, is `farm::files`'s affair. Described in `docs/internals/files.md`. Called by the shell.

mod below;
mod digest;
mod fetch;
mod limits;
mod place;
mod serve;
mod state;
mod store;
mod window;

pub(crate) use below::{open_below, place_below};
pub(crate) use digest::{Digest, digest, is_same};
pub(crate) use fetch::Lack;
pub(crate) use limits::{ASK_AGAIN, SILENT_FOR};
pub(crate) use place::{data_directories, data_directory};
pub(crate) use serve::read_unchanged;
pub(crate) use state::Data;
pub(crate) use store::Use;
pub(crate) use window::Window;
