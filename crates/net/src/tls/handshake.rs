//! The two ends of the handshake: keys are proven, the protocol is agreed on, in bounded time.
//!
//! For: `connect` and `accept`. Not for: what is configured (`setup`), nor how a key is judged
//! (`peer`). Called through `tls`.

use std::future::Future;
use std::io;
use std::sync::Arc;

use posse_wire::limits::HANDSHAKE_WITHIN;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::TlsError;
use super::peer::Peer;
use super::setup;
use crate::identity::{PublicKey, SecretKey};

/// Dials: proves `key`, and goes on only with a peer that proves exactly `expect`.
///
/// In TLS 1.3 the dialer is done before the other side has judged the dialer's key. A dialer whose
/// key is refused sees that as an error of its first read.
pub async fn connect<IO>(
    io: IO,
    key: &SecretKey,
    expect: PublicKey,
    alpn: &[u8],
) -> Result<TlsStream<IO>, TlsError>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let result = connect_by(io, key, move |found: &PublicKey| *found == expect, alpn).await;
    result.map_err(|error| match error {
        TlsError::NotAllowed(found) => TlsError::WrongKey { expected: expect, found },
        error => error,
    })
}

/// Dials: proves `key`, and goes on only with a peer whose proven key is allowed.
pub async fn connect_by<IO>(
    io: IO,
    key: &SecretKey,
    allow: impl Fn(&PublicKey) -> bool + Send + Sync + 'static,
    alpn: &[u8],
) -> Result<TlsStream<IO>, TlsError>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let peer = Arc::new(Peer::new(allow));
    let config = setup::client(key, peer.clone(), alpn).map_err(TlsError::Setup)?;
    // Never sent and never looked at: the key alone says who the peer is.
    let name = ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
    let stream = match within(TlsConnector::from(config).connect(name, io)).await? {
        Ok(stream) => stream,
        Err(error) => {
            return Err(match peer.refused() {
                Some(found) => TlsError::NotAllowed(found),
                None => handshake_error(error, alpn),
            });
        }
    };
    check_alpn(stream.get_ref().1.alpn_protocol(), &[alpn])?;
    Ok(TlsStream::Client(stream))
}

/// Answers a dialer: proves `key`, and goes on only with a peer whose proven key is allowed, in one
/// of these protocols.
pub async fn accept<IO>(
    io: IO,
    key: &SecretKey,
    allow: impl Fn(&PublicKey) -> bool + Send + Sync + 'static,
    alpns: &[&[u8]],
) -> Result<(TlsStream<IO>, PublicKey), TlsError>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let peer = Arc::new(Peer::new(allow));
    let config = setup::server(key, peer.clone(), alpns).map_err(TlsError::Setup)?;
    let stream = match within(TlsAcceptor::from(config).accept(io)).await? {
        Ok(stream) => stream,
        Err(error) => {
            return Err(match peer.refused() {
                Some(found) => TlsError::NotAllowed(found),
                None => handshake_error(error, alpns.first().unwrap_or(&&[][..])),
            });
        }
    };
    check_alpn(stream.get_ref().1.alpn_protocol(), alpns)?;
    let proven = stream.get_ref().1.peer_certificates().and_then(|keys| keys.first());
    let proven = proven.and_then(|key| PublicKey::from_spki(key));
    let found = proven.ok_or_else(|| TlsError::Handshake(io::ErrorKind::InvalidData.into()))?;
    Ok((TlsStream::Server(stream), found))
}

async fn within<T>(handshake: impl Future<Output = T>) -> Result<T, TlsError> {
    tokio::time::timeout(HANDSHAKE_WITHIN, handshake).await.map_err(|_| TlsError::Timeout)
}

fn handshake_error(error: io::Error, alpn: &[u8]) -> TlsError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(
            rustls::Error::NoApplicationProtocol
            | rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol),
        ) => wrong_protocol(alpn),
        _ => TlsError::Handshake(error),
    }
}

/// rustls lets a peer pass that offers no protocol at all; we do not.
fn check_alpn(agreed: Option<&[u8]>, wanted: &[&[u8]]) -> Result<(), TlsError> {
    if agreed.is_some_and(|agreed| wanted.contains(&agreed)) {
        return Ok(());
    }
    Err(wrong_protocol(wanted.first().unwrap_or(&&[][..])))
}

fn wrong_protocol(alpn: &[u8]) -> TlsError {
    TlsError::Protocol { expected: String::from_utf8_lossy(alpn).into_owned() }
}
