//! What to run, where and how: the builder (`builder`), the hosts it selects (`selection`), and
//! the frame it becomes (`plan`).

mod builder;
mod plan;
mod selection;

pub use builder::{Command, Hosts};
pub(crate) use plan::plan;
pub use selection::{Groups, attribute};
pub(crate) use selection::{Members, evaluate, names, needs_load};
