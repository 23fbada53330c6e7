//! Copying files between this computer and the hosts. The contents travel in a container of our
//! own (`record`, `encode`, `decode`) over the streams of a command that runs `posse receive` or
//! `posse send` on the hosts, so credit and duplication are theirs.
//!
//! To hosts: `spread` (front end) and `receive` (hosts), which agree by `talk` who writes where
//! several have one file system (`identity`, `shared`). From hosts: `send` and `gather`. Reading
//! files is `walk`, writing them `unpack` at a `place` with `temporary` names. Called by
//! `commands/cp.rs` and, for the hidden words, by `main.rs`. Not here: sync, delta, staging.

pub mod address;
mod decode;
mod encode;
mod faults;
pub mod gather;
mod hidden;
mod hosts;
mod identity;
mod limits;
mod options;
mod outcome;
mod place;
pub mod receive;
mod record;
pub mod send;
mod shared;
pub mod spread;
mod talk;
mod temporary;
mod unpack;
mod walk;
mod watch;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use decode::{Decoder, Record};
pub use options::Options;
pub use record::Malformed;
