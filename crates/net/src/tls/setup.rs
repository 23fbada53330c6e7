//! The TLS settings of a link: 1.3 only, raw public keys both ways, nothing remembered.
//!
//! For: the two rustls configurations. Not for: judging keys (`peer`). Called by `connect` and
//! `accept`.

use std::sync::Arc;

use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::ring::sign::any_eddsa_type;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};

use super::peer::Peer;
use super::provider::provider;
use crate::identity::SecretKey;

pub(super) fn client(
    key: &SecretKey,
    peer: Arc<Peer>,
    alpn: &[u8],
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(peer)
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(own(key)?)));
    config.alpn_protocols = vec![alpn.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(Arc::new(config))
}

pub(super) fn server(
    key: &SecretKey,
    peer: Arc<Peer>,
    alpns: &[&[u8]],
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(peer)
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(own(key)?)));
    config.alpn_protocols = alpns.iter().map(|alpn| alpn.to_vec()).collect();
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

fn own(key: &SecretKey) -> Result<Arc<CertifiedKey>, rustls::Error> {
    let signer = any_eddsa_type(&PrivatePkcs8KeyDer::from(key.to_pkcs8()))?;
    let public = CertificateDer::from(key.public().to_spki());
    Ok(Arc::new(CertifiedKey::new(vec![public], signer)))
}
