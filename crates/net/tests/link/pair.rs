//! Two links with a socket pair between them, and frames to send. Used by every test here.

use posse_net::direct::{DirectError, seal_as_host, seal_as_owner};
use posse_net::identity::{PublicKey, SecretKey};
use posse_net::link::{Link, LinkError};
use posse_wire::{CommandId, Frame, Kind};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use std::future::Future;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// Far above what any of these needs.
const WITHIN: Duration = Duration::from_secs(60);

pub fn sockets() -> (OwnedFd, OwnedFd) {
    socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap()
}

pub fn key() -> SecretKey {
    SecretKey::generate().unwrap()
}

pub fn frame(kind: Kind, id: u64, body: Vec<u8>) -> Frame {
    Frame { kind, flags: 0, id: CommandId(id), body: body.into() }
}

/// Output of `bytes` bytes, which differ from those of other ids.
pub fn output(id: u64, bytes: usize) -> Frame {
    let body = (0..bytes as u64).map(|at| (at.wrapping_mul(31) ^ id.wrapping_mul(7)) as u8);
    frame(Kind::Output, id, body.collect())
}

/// A launcher's socket, both ends sealed; `expect` is the owner's key as the host knows it.
pub async fn seal(
    (owner, host): (OwnedFd, OwnedFd),
    keys: (&SecretKey, &SecretKey),
    expect: PublicKey,
) -> (Result<(Link, PublicKey), DirectError>, Result<Link, DirectError>) {
    let read = host.try_clone().unwrap();
    let host = seal_as_host(read, host, keys.1, expect);
    let owner = seal_as_owner(owner, Default::default(), keys.0);
    soon(async { tokio::join!(owner, host) }).await
}

/// Both ends of a link that is sealed with the right keys.
pub async fn sealed(sockets: (OwnedFd, OwnedFd)) -> (Link, Link) {
    let (owner, host) = (key(), key());
    let (at_owner, at_host) = seal(sockets, (&owner, &host), owner.public()).await;
    let (link, proven) = at_owner.unwrap();
    assert_eq!(proven, host.public());
    (link, at_host.unwrap())
}

/// Reads until there are so many frames.
pub async fn take(link: &Link, count: usize) -> Result<Vec<Frame>, LinkError> {
    let mut frames = Vec::new();
    while frames.len() < count {
        let mut more = Vec::new();
        soon(link.read(&mut more)).await?;
        frames.append(&mut more);
    }
    Ok(frames)
}

/// Sends from one to the other while the other reads, and compares.
pub async fn carry(from: &Link, to: &Link, frames: &[Frame]) {
    frames.iter().for_each(|frame| from.push(frame));
    assert!(from.queued() > 0);
    let (sent, got) = tokio::join!(soon(from.drain()), take(to, frames.len()));
    sent.unwrap();
    assert_eq!(from.queued(), 0);
    assert!(got.unwrap() == frames, "other frames arrived than were sent");
}

pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(WITHIN, what).await.unwrap()
}
