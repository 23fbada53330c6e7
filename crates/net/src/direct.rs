//! Direct links between daemons: TCP with TLS inside, both ends proven by their keys; and TLS
//! inside the pipes of a launcher that does not encrypt. Called by `daemon`.

use crate::duplex::Duplex;
use crate::identity::{PublicKey, SecretKey};
use crate::link::{Link, LinkError};
use crate::tls::{TlsError, TlsStream, accept, connect};
use bytes::Bytes;
use posse_wire::limits;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};

/// What a link between daemons is called in the handshake.
const ALPN: &[u8] = b"posse/1";

/// Why there is no direct link.
#[derive(Debug, Error)]
pub enum DirectError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Tls(#[from] TlsError),
    #[error("{0}")]
    Link(#[from] LinkError),
    #[error("no connection within {:?}", limits::HANDSHAKE_WITHIN)]
    Timeout,
}

/// Listens on one address, at any free port. Nobody is served before its key is proven.
pub async fn listen(address: IpAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((address, 0)).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// Dials a daemon whose key is known.
pub async fn dial(
    address: SocketAddr,
    own: &SecretKey,
    expect: PublicKey,
) -> Result<Link, DirectError> {
    let connecting = tokio::time::timeout(limits::HANDSHAKE_WITHIN, TcpStream::connect(address));
    let stream = connecting.await.map_err(|_| DirectError::Timeout)??;
    tcp(connect(quick(stream)?, own, expect, ALPN).await?)
}

/// Answers whoever dialed; `allow` judges the proven key.
pub async fn answer(
    stream: TcpStream,
    own: &SecretKey,
    allow: impl Fn(&PublicKey) -> bool + Send + Sync + 'static,
) -> Result<Link, DirectError> {
    let (stream, _key) = accept(quick(stream)?, own, allow, ALPN).await?;
    tcp(stream)
}

/// Small frames must not wait for acknowledgements of earlier ones.
fn quick(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn tcp(stream: TlsStream<TcpStream>) -> Result<Link, DirectError> {
    let (stream, connection) = apart(stream);
    let socket = OwnedFd::from(stream.into_std()?);
    Ok(Link::from_socket(socket)?.sealed(connection)?)
}

/// The host's end of a launcher's pipes: it knows the owner's key.
pub async fn seal_as_host(
    read: OwnedFd,
    write: OwnedFd,
    own: &SecretKey,
    owner: PublicKey,
) -> Result<Link, DirectError> {
    pipe(connect(Duplex::new(read, write, Bytes::new())?, own, owner, ALPN).await?)
}

/// The owner's end of a launcher's pipe, of which `early` was read already. The host's key is not
/// known before it has spoken; it is the launcher's pipe that says which host this is. The proven
/// key comes back with the link.
pub async fn seal_as_owner(
    socket: OwnedFd,
    early: Bytes,
    own: &SecretKey,
) -> Result<(Link, PublicKey), DirectError> {
    let write = socket.try_clone()?;
    let (stream, key) = accept(Duplex::new(socket, write, early)?, own, |_| true, ALPN).await?;
    Ok((pipe(stream)?, key))
}

fn pipe(stream: TlsStream<Duplex>) -> Result<Link, DirectError> {
    let (stream, connection) = apart(stream);
    let (read, write) = stream.into_parts();
    Ok(Link::new(read, write)?.sealed(connection)?)
}

fn apart<IO>(stream: TlsStream<IO>) -> (IO, rustls::Connection) {
    match stream {
        TlsStream::Client(stream) => {
            let (io, connection) = stream.into_inner();
            (io, connection.into())
        }
        TlsStream::Server(stream) => {
            let (io, connection) = stream.into_inner();
            (io, connection.into())
        }
    }
}
