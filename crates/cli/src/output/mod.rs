//! How a command's output looks at the front end: one file for each mode of `posse e`.
//!
//! A mode is a [`Sink`]: it takes the events of a command in the order they arrive and writes to
//! an [`Outlet`]. What is held back is bounded in memory and spills to disk. Not here: credit and
//! links, which are the caller's, and the parsing of flags. Called by `commands/` and the console.

mod base64;
mod block;
mod colour;
mod diff;
mod escape;
mod files;
mod fold;
mod group;
mod json;
mod labels;
mod limits;
mod lines;
mod merge;
mod myers;
mod outlet;
mod prefixes;
mod raw;
mod safe_name;
mod sink;
mod spill;
mod status_text;
mod store;
mod summary;
mod unified;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod probe;

pub use colour::colour_wanted;
pub use diff::Diff;
pub use escape::{Visible, visible, visible_line};
pub use files::Files;
pub use fold::Fold;
pub use group::{Group, Order};
pub use json::Json;
pub use labels::{Folding, Label, Labels};
pub use merge::Merge;
pub use outlet::{Outlet, Port, View};
pub use raw::Raw;
pub use safe_name::safe_name;
pub use sink::{Sink, Status};
pub use spill::Spilling;
pub use status_text::status_text;
pub use summary::Summary;
