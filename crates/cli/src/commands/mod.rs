//! The commands, one file each: its arguments and one function. A new one is a file, a line
//! here, one in `args.rs` and one in `dispatch.rs`.

pub mod add;
pub mod attach;
pub mod cd;
pub mod cp;
mod dispatch;
pub mod doctor;
pub mod down;
pub mod e;
pub mod env;
pub mod events;
pub mod export;
pub mod hosts;
pub mod kill;
pub mod masks;
pub mod mw;
pub mod out;
pub mod ping;
pub mod popmask;
pub mod ps;
pub mod pushmask;
pub mod remove;
pub mod restoremask;
pub mod rmask;
pub mod savemask;
pub mod sh;
pub mod smask;
pub mod umask;
pub mod up;

pub use dispatch::run;

use crate::error::Error;
use std::ffi::OsString;

/// What a command ends in: the exit status.
pub type Outcome = Result<u8, Error>;

/// A face that people's fingers know, by the name that the binary is called by.
type Face = fn(Vec<OsString>) -> Outcome;

pub fn face(_called_as: &str) -> Option<Face> {
    None
}
