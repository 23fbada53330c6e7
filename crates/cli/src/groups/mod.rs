//! Where `@group` and `@source:group` are looked up: the user's groups file, and the sources in
//! `groups.d`. Nothing is read and no program is run before a hostset names a group. Called by
//! everything that evaluates hostsets.

mod lookup;
mod program;
mod source;

pub use lookup::Lookup;
