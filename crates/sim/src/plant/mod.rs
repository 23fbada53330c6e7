//! Bugs that are put in on purpose.

mod bug;
mod resume;

pub use bug::Plant;
