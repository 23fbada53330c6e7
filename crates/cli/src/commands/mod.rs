//! The commands, one file each: its arguments and one function. A new one is a file, a line
//! here, one in `args.rs` and one in `dispatch.rs`.

pub mod add;
pub mod attach;
pub mod cd;
pub mod complete_hosts;
pub mod completions;
pub mod console;
pub mod cp;
mod dispatch;
pub mod doctor;
pub mod down;
pub mod dsh;
pub mod e;
pub mod env;
pub mod events;
pub mod explore;
pub mod export;
pub mod hosts;
pub mod invite;
pub mod join;
pub mod key;
pub mod kill;
pub mod leave;
pub mod man;
pub mod masks;
pub mod mw;
pub mod names;
pub mod net;
pub mod out;
pub mod pdsh;
pub mod ping;
pub mod popmask;
pub mod ps;
pub mod pushmask;
pub mod pvm;
pub mod recover;
pub mod reference;
pub mod remove;
pub mod restoremask;
pub mod rmask;
pub mod savemask;
pub mod sh;
pub mod smask;
pub mod spawn;
pub mod sync;
pub mod task;
pub mod umask;
pub mod up;
pub mod use_;

pub use dispatch::{face, run};

use crate::error::Error;

/// What a command ends in: the exit status.
pub type Outcome = Result<u8, Error>;
