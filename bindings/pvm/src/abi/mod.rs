//! The C interface: PVM's names and types over `task/`.
//!
//! Every function here follows pointers of the program, which the program vouches for as PVM's
//! man pages ask; null ones are answered with `PvmBadParam`. Nothing here decides anything: it
//! converts, calls, reports (`guard.rs`). The names are checked against PVM's by `cargo xtask pvm`.
#![allow(unsafe_code)]
// Each function's contract is its man page, cited once here: NAME(3PVM).
#![allow(clippy::missing_safety_doc)]

mod buffers;
mod data;
mod format;
mod group;
mod guard;
mod info;
mod kept;
mod mailbox;
mod old;
mod pack;
mod receive;
mod reduce;
mod report;
mod send;
mod settings;
mod spawn;
mod strings;
