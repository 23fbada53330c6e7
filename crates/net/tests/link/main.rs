//! Links over real descriptors: plain, sealed, over TCP, and handed over. The public API of `net`
//! as the daemon uses it.

#![allow(clippy::unwrap_used)]

mod elsewhere;
mod handover;
mod pair;
mod plain;
mod sealed;
mod sibling;
mod tcp;
