//! Names at the front end: how they are shown, and how one is held while a program runs here.
//! Called by `commands::names`.

mod hold;
mod show;

pub use hold::hold;
pub use show::{Shown, error, registered};
