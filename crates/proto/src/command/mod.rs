//! Commands as one daemon sees them: where a command came from, which of its processes run here,
//! and through which links the others are reached. One record serves the origin, a relay and the
//! host that runs a process; the origin of a detached command keeps its output, and so does each
//! host that of its own processes.

mod adopt;
mod due;
mod local;
mod process;
mod record;
mod relay;
mod restore;
mod resume;
mod settle;
mod spawn;
mod uplink;

pub use process::Process;
pub use record::Kept;
pub(crate) use record::{Below, Command, Commands, Consumed, Up, Way};
pub(crate) use restore::Head;
pub use restore::Progress;
use uplink::Uplink;
