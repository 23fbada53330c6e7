//! The cryptography that links use, of what ring has: X25519, the ciphers of TLS 1.3, Ed25519.
//!
//! For: naming the parts one by one, so that a binary carries no others: the tables of P-256 alone
//! are a tenth of what is sent to a fresh host. Not for: keys (`setup`) nor checking signatures
//! (`peer`). Called by `setup`.

use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::crypto::ring::{DEFAULT_CIPHER_SUITES, kx_group::X25519};
use rustls::crypto::{
    CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: DEFAULT_CIPHER_SUITES.to_vec(),
        kx_groups: vec![X25519],
        // Certificates have no say here: `Peer` checks the proofs itself.
        signature_verification_algorithms: WebPkiSupportedAlgorithms { all: &[], mapping: &[] },
        secure_random: &Parts,
        key_provider: &Parts,
    })
}

#[derive(Debug)]
struct Parts;

impl SecureRandom for Parts {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        SystemRandom::new().fill(buffer).map_err(|_| GetRandomFailed)
    }
}

impl KeyProvider for Parts {
    /// Keys are not loaded from files of other forms.
    fn load_private_key(
        &self,
        _: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("keys are given, not loaded".to_owned()))
    }
}
