//! `cargo xtask bench netpipe`: a program over PVM that is not PVM's own, Debian's NPpvm, between
//! two hosts of the real PVM and between two of posse: its curve as CSV and as a picture.
//!
//! The programs are run by `tests/peers` (`pvm/netpipe.sh`). Called by `bench/mod.rs`.

mod plot;
mod run;

pub use run::run;
