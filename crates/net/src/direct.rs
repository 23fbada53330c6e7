//! Direct links between daemons: TCP with TLS inside, both ends proven by their keys; and TLS
//! inside the pipes of a launcher that does not encrypt. What the dialer wants to be is said in
//! the handshake: a host's parent, a sibling, which shows its ticket next, or a front end. Called
//! by `daemon`, and by `elsewhere` for front ends.

use crate::duplex::Duplex;
use crate::identity::{PublicKey, SecretKey};
use crate::limits::{PROBE_AFTER, PROBE_EVERY, PROBES};
use crate::link::{Link, LinkError};
use crate::tls::{TlsError, TlsStream, accept, connect, connect_by};
use bytes::Bytes;
use posse_wire::limits;
use rustix::net::sockopt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};

/// What a link between a host and its parent is called in the handshake.
const ALPN: &[u8] = b"posse/1";

/// What a link between two hosts of a vm is called.
const SIBLING: &[u8] = b"posse-sibling/1";

/// What a link from a front end on another machine is called.
const FRONT_END: &[u8] = b"posse-front-end/1";

/// What a link is called over which a computer joins the vm, or comes back as a host that did.
const JOIN: &[u8] = b"posse-join/1";

/// What the dialer wants to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Parent,
    Sibling,
    FrontEnd,
}

impl Wish {
    const ALL: [Wish; 3] = [Wish::Parent, Wish::Sibling, Wish::FrontEnd];

    fn alpn(self) -> &'static [u8] {
        match self {
            Wish::Parent => ALPN,
            Wish::Sibling => SIBLING,
            Wish::FrontEnd => FRONT_END,
        }
    }
}

/// A link that was dialed here, with the key that the dialer has proven. That the key is one of
/// this vm is not said with it.
pub struct Answered {
    pub link: Link,
    pub key: PublicKey,
    pub wish: Wish,
}

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

/// Listens on one address, at the first of these ports that is free; port 0 is any free one.
/// Nobody is served before its key is proven.
pub async fn listen(
    address: IpAddr,
    ports: impl Iterator<Item = u16>,
) -> io::Result<(TcpListener, SocketAddr)> {
    let mut result = Err(io::ErrorKind::AddrNotAvailable.into());
    for port in ports {
        result = TcpListener::bind((address, port)).await;
        let taken = result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse);
        if !taken {
            break;
        }
    }
    let listener = result?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// The addresses by which this machine would reach others, of each kind one at most. Nothing is
/// sent: the kernel says which it would take to an address that documentation uses (RFC 5737,
/// RFC 3849).
pub fn outward_addresses() -> Vec<IpAddr> {
    let from = |own: &str, to: &str| {
        let socket = std::net::UdpSocket::bind(own).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let found = [from("0.0.0.0:0", "192.0.2.1:9"), from("[::]:0", "[2001:db8::1]:9")];
    found.into_iter().flatten().filter(|own| !own.is_loopback() && !own.is_unspecified()).collect()
}

/// Dials a daemon whose key is known.
pub async fn dial(
    address: SocketAddr,
    own: &SecretKey,
    expect: PublicKey,
    wish: Wish,
) -> Result<Link, DirectError> {
    let connecting = tokio::time::timeout(limits::HANDSHAKE_WITHIN, TcpStream::connect(address));
    let stream = connecting.await.map_err(|_| DirectError::Timeout)??;
    let stream = quick(stream)?;
    if wish == Wish::FrontEnd {
        probed(&stream)?;
        // A daemon reads at all times, so what waits for longer waits for nobody.
        let within = u32::try_from(limits::DOWN_AFTER.as_millis()).unwrap_or(u32::MAX);
        sockopt::set_tcp_user_timeout(&stream, within).map_err(io::Error::from)?;
    }
    tcp(connect(stream, own, expect, wish.alpn()).await?)
}

/// Dials who invites: the owner's daemon, which is known by its key being one that `is_owner`.
pub async fn dial_to_join(
    address: SocketAddr,
    own: &SecretKey,
    is_owner: impl Fn(&PublicKey) -> bool + Send + Sync + 'static,
) -> Result<Link, DirectError> {
    let connecting = tokio::time::timeout(limits::HANDSHAKE_WITHIN, TcpStream::connect(address));
    let stream = quick(connecting.await.map_err(|_| DirectError::Timeout)??)?;
    tcp(connect_by(stream, own, is_owner, JOIN).await?)
}

/// Answers whoever dialed to join, and holds the secret half of some key; nobody else.
pub async fn answer_to_join(
    stream: TcpStream,
    own: &SecretKey,
) -> Result<(Link, PublicKey), DirectError> {
    let (stream, key) = accept(quick(stream)?, own, |_| true, &[JOIN]).await?;
    Ok((tcp(stream)?, key))
}

/// Answers whoever dialed and holds the secret half of some key.
pub async fn answer(stream: TcpStream, own: &SecretKey) -> Result<Answered, DirectError> {
    let alpns = Wish::ALL.map(Wish::alpn);
    let (stream, key) = accept(quick(stream)?, own, |_| true, &alpns).await?;
    let agreed = stream.get_ref().1.alpn_protocol();
    let wish = Wish::ALL.into_iter().find(|wish| agreed == Some(wish.alpn()));
    let wish = wish.unwrap_or(Wish::Parent);
    if wish == Wish::FrontEnd {
        probed(stream.get_ref().0)?;
    }
    Ok(Answered { link: tcp(stream)?, key, wish })
}

/// Between a front end and its daemon there are no heartbeats, since a stopped front end is to live
/// on: the kernel tells whether the other machine does.
fn probed(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, PROBE_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, PROBE_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, PROBES)?;
    Ok(())
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
    let (stream, key) = accept(Duplex::new(socket, write, early)?, own, |_| true, &[ALPN]).await?;
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
