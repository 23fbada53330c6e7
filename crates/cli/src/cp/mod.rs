//! Copying files between this computer and the hosts. The contents travel in a container of our
//! own (`posse-data`) over the streams of a command that runs `posse receive` or `posse send` on
//! the hosts, so credit and duplication are theirs.
//!
//! To hosts: `spread` (front end) and `receive` (hosts), which agree by `talk` who writes where
//! several have one file system (`identity`, `shared`, `agree`, `orders`), and what is lacked
//! (`rounds`). From hosts: `send` and `gather`. Between hosts: `between`. Reading files is
//! `sender/`, writing them `receiver/` at a `place` with `temporary` names. `posse cp` and `posse
//! sync` differ by their `manner` alone. Called by `commands/cp.rs`, `commands/sync.rs` and, for
//! the hidden words, by `main.rs`. Not here: staging of tasks.

pub mod address;
mod agree;
pub mod between;
mod faults;
pub mod gather;
mod hidden;
mod hosts;
mod identity;
mod limits;
mod manner;
mod options;
mod orders;
mod outcome;
mod place;
pub mod receive;
mod receiver;
mod rounds;
pub mod send;
mod sender;
mod shared;
pub mod spread;
mod talk;
mod temporary;
mod watch;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use manner::Manner;
pub use options::Options;
