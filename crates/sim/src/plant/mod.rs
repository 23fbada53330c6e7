//! Bugs that are put in on purpose.

mod bug;
mod process;
mod resume;

pub use bug::Plant;
