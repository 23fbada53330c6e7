//! Why a link did not come to be, and what to do then. Made by `handshake`.

use std::io;

use posse_wire::limits::HANDSHAKE_WITHIN;

use crate::identity::PublicKey;

/// Why a link did not come to be.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("no TLS handshake within {HANDSHAKE_WITHIN:?}: the peer is silent or too slow")]
    Timeout,
    #[error(
        "the peer's key is {found}, expected {expected}; if the host was set up anew, remove \
         it from the vm and `posse up` it again"
    )]
    WrongKey { expected: PublicKey, found: PublicKey },
    #[error("a peer with key {0} was refused: it is no host of this vm")]
    NotAllowed(PublicKey),
    #[error("the peer speaks another protocol than {expected:?}; is it another version of posse?")]
    Protocol { expected: String },
    #[error("TLS handshake failed: {0}")]
    Handshake(io::Error),
    #[error("TLS could not be set up: {0}")]
    Setup(rustls::Error),
}
