//! How each pair of hosts is connected: `tree` knows the paths through the vm's tree, `pair` what
//! is known of two hosts, `survey` finds it out by `ping` and by dialing, over a `line`; `matrix`,
//! `fold` and `list` show it. Called by `posse net`.

mod cell;
mod fold;
mod line;
mod list;
mod matrix;
mod pair;
mod ping;
mod survey;
mod tree;

pub use fold::fold;
pub use list::{line, object, summary};
pub use matrix::{Paper, matrix};
pub use pair::{Pair, Route};
pub use survey::{Asked, survey};
