//! Handshakes over an in-memory pipe: the right key, and each way of being wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::peer::Peer;
use super::*;
use crate::identity::{PublicKey, SecretKey};
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

const ALPN: &[u8] = b"posse/1";
const PIPE_BYTES: usize = 16 * 1024;

fn key() -> SecretKey {
    SecretKey::generate().unwrap()
}

type Dialed = Result<TlsStream<DuplexStream>, TlsError>;
type Accepted = Result<(TlsStream<DuplexStream>, PublicKey), TlsError>;

/// One handshake: the dialer expects `expect`, the other side allows `allowed`.
async fn meet(
    dialer: &SecretKey,
    listener: &SecretKey,
    expect: PublicKey,
    allowed: PublicKey,
) -> (Dialed, Accepted) {
    let (a, b) = duplex(PIPE_BYTES);
    let allow = move |found: &PublicKey| *found == allowed;
    tokio::join!(connect(a, dialer, expect, ALPN), accept(b, listener, allow, &[ALPN]))
}

#[tokio::test]
async fn right_keys_make_a_link() {
    let (dialer, listener) = (key(), key());
    let (out, back) = meet(&dialer, &listener, listener.public(), dialer.public()).await;
    let (mut out, (mut back, found)) = (out.unwrap(), back.unwrap());
    assert_eq!(found, dialer.public());
    out.write_all(b"ping").await.unwrap();
    out.flush().await.unwrap();
    let mut read = [0; 4];
    back.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"ping");
    assert_eq!(out.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
}

#[tokio::test]
async fn a_listener_with_another_key_is_refused_and_learns_nothing() {
    let (dialer, listener, expected) = (key(), key(), key().public());
    let asked = Arc::new(AtomicBool::new(false));
    let (a, b) = duplex(PIPE_BYTES);
    let flag = asked.clone();
    let allow = move |_: &PublicKey| {
        flag.store(true, Ordering::Relaxed);
        true
    };
    let (out, back) =
        tokio::join!(connect(a, &dialer, expected, ALPN), accept(b, &listener, allow, &[ALPN]));
    match out {
        Err(TlsError::WrongKey { expected: e, found }) => {
            assert_eq!((e, found), (expected, listener.public()));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(back, Err(TlsError::Handshake(_))), "{back:?}");
    assert!(!asked.load(Ordering::Relaxed), "the dialer showed its key to a stranger");
}

#[tokio::test]
async fn a_host_of_another_vm_is_refused() {
    let (foreign, listener, ours) = (key(), key(), key().public());
    let (out, back) = meet(&foreign, &listener, listener.public(), ours).await;
    assert!(matches!(back, Err(TlsError::NotAllowed(found)) if found == foreign.public()));
    drop(back);
    // The dialer's own handshake may have ended before it was judged; it gets no byte then.
    if let Ok(mut out) = out {
        assert!(out.read(&mut [0; 1]).await.is_err());
    }
}

#[tokio::test]
async fn a_key_without_its_secret_half_is_refused() {
    let (dialer, listener) = (key(), key());
    let claimed = dialer.public();
    let impostor = key();
    // Shows `claimed`, signs with another key: what somebody can do who saw the key on the wire.
    let (a, b) = duplex(PIPE_BYTES);
    let expect = listener.public();
    let peer = Arc::new(Peer::new(move |found: &PublicKey| *found == expect));
    let mut config = Arc::unwrap_or_clone(setup::client(&impostor, peer, ALPN).unwrap());
    let pkcs8 = rustls::pki_types::PrivatePkcs8KeyDer::from(impostor.to_pkcs8());
    let signer = rustls::crypto::ring::sign::any_eddsa_type(&pkcs8).unwrap();
    let shown = vec![claimed.to_spki().into()];
    config.client_auth_cert_resolver =
        Arc::new(rustls::client::AlwaysResolvesClientRawPublicKeys::new(Arc::new(
            rustls::sign::CertifiedKey::new(shown, signer),
        )));
    let name = ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
    let (_, back) = tokio::join!(
        TlsConnector::from(Arc::new(config)).connect(name, a),
        accept(b, &listener, move |found| *found == claimed, &[ALPN])
    );
    assert!(matches!(back, Err(TlsError::Handshake(_))), "{back:?}");
}

#[tokio::test]
async fn another_protocol_is_refused() {
    let (dialer, listener) = (key(), key());
    let (a, b) = duplex(PIPE_BYTES);
    let (out, back) = tokio::join!(
        connect(a, &dialer, listener.public(), b"posse/2"),
        accept(b, &listener, |_| true, &[ALPN])
    );
    assert!(matches!(out, Err(TlsError::Protocol { .. })), "{out:?}");
    assert!(matches!(back, Err(TlsError::Protocol { .. })), "{back:?}");
}

#[tokio::test]
async fn plain_text_is_refused_both_ways() {
    let listener = key();
    let (mut plain, b) = duplex(PIPE_BYTES);
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let back = accept(b, &listener, |_| true, &[ALPN]).await;
    assert!(matches!(back, Err(TlsError::Handshake(_))), "{back:?}");

    let (a, mut plain) = duplex(PIPE_BYTES);
    plain.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
    let out = connect(a, &key(), listener.public(), ALPN).await;
    assert!(matches!(out, Err(TlsError::Handshake(_))), "{out:?}");
}

#[tokio::test]
async fn a_handshake_cut_anywhere_is_refused() {
    let listener = key();
    let (a, mut other) = duplex(PIPE_BYTES);
    let dial = connect(a, &listener, listener.public(), ALPN);
    let mut hello = vec![0; PIPE_BYTES];
    // The dialer writes its hello and then waits for us: read that much and let go.
    let length = tokio::select! {
        read = other.read(&mut hello) => read.unwrap(),
        out = dial => panic!("{out:?}"),
    };
    for cut in 0..length {
        let (mut half, b) = duplex(PIPE_BYTES);
        half.write_all(&hello[..cut]).await.unwrap();
        drop(half);
        let back = accept(b, &listener, |_| true, &[ALPN]).await;
        assert!(matches!(back, Err(TlsError::Handshake(_))), "cut at {cut}: {back:?}");
    }
}

#[tokio::test]
async fn every_changed_byte_of_the_hello_is_survived() {
    let listener = key();
    let (a, mut other) = duplex(PIPE_BYTES);
    let dialer = key();
    let dial = connect(a, &dialer, listener.public(), ALPN);
    let mut hello = vec![0; PIPE_BYTES];
    let length = tokio::select! {
        read = other.read(&mut hello) => read.unwrap(),
        out = dial => panic!("{out:?}"),
    };
    for at in 0..length {
        let (mut half, b) = duplex(PIPE_BYTES);
        let mut bad = hello[..length].to_vec();
        bad[at] ^= 0xff;
        half.write_all(&bad).await.unwrap();
        half.shutdown().await.unwrap();
        let back = accept(b, &listener, |_| true, &[ALPN]).await;
        assert!(back.is_err(), "byte {at} changed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up() {
    let listener = key();
    let (_silent, b) = duplex(PIPE_BYTES);
    let back = accept(b, &listener, |_| true, &[ALPN]).await;
    assert!(matches!(back, Err(TlsError::Timeout)), "{back:?}");
    let (a, _silent) = duplex(PIPE_BYTES);
    let out = connect(a, &key(), listener.public(), ALPN).await;
    assert!(matches!(out, Err(TlsError::Timeout)), "{out:?}");
}
