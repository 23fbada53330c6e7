//! Judges the key that the other side of a handshake shows.
//!
//! For: the two verifier roles of rustls, answered by one predicate on a public key. Not for:
//! knowing which keys are hosts. Called by rustls during the handshake.

use std::fmt;
use std::sync::OnceLock;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible,
    SignatureScheme,
};

use crate::identity::PublicKey;

type Allow = Box<dyn Fn(&PublicKey) -> bool + Send + Sync>;

/// The judge of one handshake.
pub(super) struct Peer {
    allow: Allow,
    refused: OnceLock<PublicKey>,
}

impl Peer {
    pub(super) fn new(allow: impl Fn(&PublicKey) -> bool + Send + Sync + 'static) -> Peer {
        Peer { allow: Box::new(allow), refused: OnceLock::new() }
    }

    /// The key that was shown and not allowed, if that is why the handshake ended.
    pub(super) fn refused(&self) -> Option<PublicKey> {
        self.refused.get().copied()
    }

    fn judge(&self, shown: &CertificateDer<'_>, more: &[CertificateDer<'_>]) -> Result<(), Error> {
        let key = PublicKey::from_spki(shown).filter(|_| more.is_empty());
        let key = key.ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
        if (self.allow)(&key) {
            return Ok(());
        }
        let _ = self.refused.set(key);
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer(refused: {:?})", self.refused)
    }
}

/// The proof that the peer holds the secret half of the key it shows.
fn check_proof(
    message: &[u8],
    key: &CertificateDer<'_>,
    proof: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let key = PublicKey::from_spki(key);
    let key = key.ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
    let signature = proof.signature().try_into().ok();
    let is_proof = proof.scheme == SignatureScheme::ED25519
        && signature.is_some_and(|signature| key.verify(message, signature));
    if !is_proof {
        return Err(Error::InvalidCertificate(CertificateError::BadSignature));
    }
    Ok(HandshakeSignatureValid::assertion())
}

fn no_tls12() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
}

impl ServerCertVerifier for Peer {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(shown, more).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _key: &CertificateDer<'_>,
        _proof: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        proof: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check_proof(message, key, proof)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Peer {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        shown: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(shown, more).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _key: &CertificateDer<'_>,
        _proof: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        proof: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check_proof(message, key, proof)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
