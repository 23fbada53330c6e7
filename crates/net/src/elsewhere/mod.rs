//! A front end on any machine: with the owner's key it finds the host that leads the vm and has a
//! link to its daemon, as it would have by the socket on that machine.
//!
//! For: the file that holds the key and where to ask (`key_file`), asking (`find`), and carrying
//! frames between the front end and the link (`pump`). Not for: front ends of the same machine
//! (`local`). Called by `posse`; the host's end is in `daemon`.

mod find;
mod key_file;
mod pump;

pub use find::ElsewhereError;
pub use key_file::{KeyFile, KeyFileError, KeyPlace, Listening};
pub use pump::{Pump, connect};
