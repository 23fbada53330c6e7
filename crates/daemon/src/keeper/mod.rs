//! The keeper: a small process that is the parent of a host's daemon and the subreaper of all
//! that runs below it. It starts the daemon (again, if it crashes and is the owner's) and, when
//! that is over for good, ends every descendant and removes the run-time files. It knows nothing
//! of links or commands. Called: [`launch`] by `posse up` and `posse link`, [`run`] by the
//! binary's `main` for `posse keeper`, [`attend`] by the daemon when it starts.

mod attend;
mod launch;
mod options;
mod run;
mod stray;
mod turn;

pub use attend::{Attended, attend};
pub use launch::launch;
pub use options::Options;
pub(crate) use run::remove;
pub use run::{ANOTHER_SERVES, run};
