//! The public API against a daemon played by the test, over a socket pair.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "async")]
mod asynchronous;
mod attach;
mod credit;
mod garbage;
mod hosts;
mod input;
mod names;
mod requests;
mod run;
mod stand_in;
mod waits;
