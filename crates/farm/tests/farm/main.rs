//! What a holder and a worker do in one situation each.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod holder_crash;
mod losses;
mod placement;
mod requests;
mod shares;
mod stage;
mod worker;
