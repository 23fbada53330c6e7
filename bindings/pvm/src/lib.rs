//! PVM's library on posse: what programs written for `libpvm3` call, complete but for the way to
//! other tasks, which is behind one trait (`machine/`).
//!
//! `task/` has one method for each function, without C; `abi/` is the C interface over it, under
//! PVM's names. `cargo xtask pvm` builds `libpvm3`, `libgpvm3` and `libfpvm3` of it and of the C
//! files in `c/`. Not for Rust programs: the `posse` crate is.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod abi;
pub mod buffer;
mod buffers;
pub mod code;
pub mod encoding;
mod export;
mod format;
pub mod handlers;
pub mod kind;
mod limits;
pub mod machine;
pub mod memory;
pub mod notices;
pub mod options;
mod output;
pub mod reduce;
pub mod task;

pub use posse::pvm::Tid;
