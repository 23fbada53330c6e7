//! The TLS settings of a link: 1.3 only, raw public keys both ways, nothing remembered.
//!
//! For: the two rustls configurations. Not for: judging keys (`peer`). Called by `connect` and
//! `accept`.

use std::sync::Arc;

use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::ring::sign::any_eddsa_type;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

use super::peer::Peer;
use super::provider::provider;
use crate::identity::{PublicKey, SecretKey};

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

/// A connection whose handshake is to be driven by hand, to a peer that proves exactly `expect`.
pub(crate) fn client_of(
    key: &SecretKey,
    expect: PublicKey,
    alpn: &[u8],
) -> Result<Connection, rustls::Error> {
    let config = client(key, exactly(expect), alpn)?;
    // Never sent and never looked at: the key alone says who the peer is.
    let name = ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
    Ok(ClientConnection::new(config, name)?.into())
}

/// The same for who answers.
pub(crate) fn server_of(
    key: &SecretKey,
    expect: PublicKey,
    alpn: &[u8],
) -> Result<Connection, rustls::Error> {
    Ok(ServerConnection::new(server(key, exactly(expect), &[alpn])?)?.into())
}

fn exactly(expect: PublicKey) -> Arc<Peer> {
    Arc::new(Peer::new(move |found: &PublicKey| *found == expect))
}

fn own(key: &SecretKey) -> Result<Arc<CertifiedKey>, rustls::Error> {
    let signer = any_eddsa_type(&PrivatePkcs8KeyDer::from(key.to_pkcs8()))?;
    let public = CertificateDer::from(key.public().to_spki());
    Ok(Arc::new(CertifiedKey::new(vec![public], signer)))
}
