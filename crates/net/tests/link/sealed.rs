//! TLS inside a launcher's pipes: the same frames, keys proven, nothing changed unseen.

use crate::pair::{carry, frame, key, output, seal, sealed, sockets, soon, take};
use posse_net::direct::{DirectError, seal_as_host, seal_as_owner};
use posse_net::duplex::Duplex;
use posse_net::link::LinkError;
use posse_net::tls::{TlsError, TlsStream, connect};
use posse_wire::{Frame, Kind, limits};
use std::os::fd::OwnedFd;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn frames_go_both_ways() {
    let (owner, host) = sealed(sockets()).await;
    let frames: Vec<_> = (0..20).map(|id| output(id, id as usize * 3_000)).collect();
    carry(&host, &owner, &frames).await;
    carry(&owner, &host, &frames).await;
}

#[tokio::test]
async fn what_was_read_before_the_handshake_belongs_to_it() {
    let (owner, host) = sockets();
    let (owner_key, host_key) = (key(), key());
    let peek = owner.try_clone().unwrap();
    let write = host.try_clone().unwrap();
    let expect = owner_key.public();
    let at_host = async { seal_as_host(host, write, &host_key, expect).await };
    let at_owner = async {
        let mut first = [0; 11];
        let watched = posse_net::watch::readable(peek.try_clone().unwrap()).unwrap();
        drop(watched.readable().await.unwrap());
        let count = rustix::io::read(&peek, &mut first).unwrap();
        drop(watched);
        seal_as_owner(owner, first[..count].to_vec().into(), &owner_key).await
    };
    let (at_owner, at_host) = soon(async { tokio::join!(at_owner, at_host) }).await;
    let ((owner, proven), host) = (at_owner.unwrap(), at_host.unwrap());
    assert_eq!(proven, host_key.public());
    carry(&host, &owner, &[output(1, 100)]).await;
}

#[tokio::test]
async fn another_owner_is_refused() {
    let (stranger, host, owner) = (key(), key(), key());
    let (at_owner, at_host) = seal(sockets(), (&stranger, &host), owner.public()).await;
    let Err(DirectError::Tls(TlsError::WrongKey { expected, found })) = at_host else {
        panic!("{at_host:?}");
    };
    assert_eq!((expected, found), (owner.public(), stranger.public()));
    assert!(at_owner.is_err());
}

#[tokio::test]
async fn sixty_four_mebibytes_arrive_exactly() {
    let (owner, host) = sealed(sockets()).await;
    for round in 0..16 {
        let ids = round * 64..(round + 1) * 64;
        let frames: Vec<_> = ids.map(|id| output(id, limits::CHUNK_BYTES_MAX)).collect();
        carry(&host, &owner, &frames).await;
    }
}

#[tokio::test]
async fn a_heartbeat_keeps_its_place_among_records() {
    let (owner, host) = sealed(sockets()).await;
    let mut frames: Vec<Frame> = (1..=60).map(|id| output(id, limits::CHUNK_BYTES_MAX)).collect();
    frames.push(frame(Kind::Heartbeat, 0, Vec::new()));
    carry(&owner, &host, &frames).await;
}

/// All that waits in a socket.
fn steal(socket: &OwnedFd) -> Vec<u8> {
    let mut bytes = vec![0; 64 * 1024];
    let count = rustix::io::read(socket, &mut bytes).unwrap();
    bytes.truncate(count);
    bytes
}

#[tokio::test]
async fn one_changed_bit_ends_the_link() {
    for from_end in [0, 10, 100] {
        let (a, b) = sockets();
        let (at_a, at_b) = (a.try_clone().unwrap(), b.try_clone().unwrap());
        let (owner, host) = sealed((a, b)).await;
        owner.push(&output(1, 200));
        assert!(owner.flush().unwrap());
        let mut record = steal(&at_b);
        let at = record.len() - 1 - from_end;
        record[at] ^= 1;
        assert_eq!(rustix::io::write(&at_a, &record).unwrap(), record.len());
        let end = take(&host, 1).await;
        assert!(matches!(end, Err(LinkError::Io(_))), "{end:?}");
    }
}

#[tokio::test]
async fn a_record_that_is_sent_again_ends_the_link() {
    let (a, b) = sockets();
    let (at_a, at_b) = (a.try_clone().unwrap(), b.try_clone().unwrap());
    let (owner, host) = sealed((a, b)).await;
    let sent = output(1, 200);
    owner.push(&sent);
    assert!(owner.flush().unwrap());
    let record = steal(&at_b);
    rustix::io::write(&at_a, &record).unwrap();
    assert_eq!(take(&host, 1).await.unwrap(), [sent]);
    rustix::io::write(&at_a, &record).unwrap();
    assert!(matches!(take(&host, 1).await, Err(LinkError::Io(_))));
}

/// Nothing that a peer sends after its last record makes the daemon spin.
#[tokio::test]
async fn bytes_after_the_end_end_the_link() {
    let (owner, host) = sockets();
    let (owner_key, host_key) = (key(), key());
    let at_owner = seal_as_owner(owner, Default::default(), &owner_key);
    let at_host = async {
        let write = host.try_clone().unwrap();
        let duplex = Duplex::new(host, write, Default::default()).unwrap();
        connect(duplex, &host_key, owner_key.public(), b"posse/1").await
    };
    let (at_owner, at_host) = soon(async { tokio::join!(at_owner, at_host) }).await;
    let mut stream = at_host.unwrap();
    stream.shutdown().await.unwrap();
    let TlsStream::Client(stream) = stream else { panic!("not the dialer's end") };
    let (_read, write) = stream.into_inner().0.into_parts();
    rustix::io::write(&write, &[0; 60_000]).unwrap();
    let (link, _) = at_owner.unwrap();
    assert!(take(&link, 1).await.is_err());
}
