//! The registry of names of a vm: `vm.names()`. One file for what is asked and changed, one for
//! who watches.

mod registry;
mod watch;

pub use registry::Names;
pub use watch::{NameChange, NameWatch};
