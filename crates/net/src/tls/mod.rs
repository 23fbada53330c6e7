//! Authenticated, private links over any byte stream: TLS 1.3 with raw public keys (RFC 7250).
//!
//! Each side proves its Ed25519 key; there are no certificates, names or dates, no resumption and
//! no earlier version. Not for: who may do what (`ticket`, control state), nor for making the
//! underlying connection. Called by links between hosts, and inside `exec` pipes.

mod error;
mod handshake;
mod peer;
mod provider;
mod setup;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use error::TlsError;
pub use handshake::{accept, connect, connect_by};
pub(crate) use setup::{client_of as client, server_of as server};
pub use tokio_rustls::TlsStream;
