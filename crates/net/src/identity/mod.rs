//! Identity is a key, as in ssh: one Ed25519 pair per owner and per host, and a vm belongs to its
//! owner's key (design D3).
//!
//! For: making, keeping and naming keys. Not for: admission (`ticket`) or links (`tls`).
//! Called by `ticket`, `tls` and the daemon.

mod error;
pub(crate) mod file;
mod public;
mod secret;
mod vm_id;

pub use error::IdentityError;
pub use public::PublicKey;
pub use secret::SecretKey;
pub use vm_id::vm_id;

/// Bytes of a signature by an Ed25519 key.
pub const SIGNATURE_BYTES: usize = 64;
