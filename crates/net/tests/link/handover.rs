//! A pipe's ends change hands through a daemon's socket, and only they.

use crate::pair::{carry, output, sockets};
use posse_net::handover::{accept, listen, offer};
use posse_net::link::Link;
use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

/// A socket's path, removed with its folder at the end.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Place {
        let folder = std::env::temp_dir().join(format!("net-{test}-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        Place(folder.join("handover"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

#[tokio::test]
async fn both_ends_arrive_and_make_a_link() {
    let place = Place::new("offer");
    let listener = listen(&place.0).unwrap();
    let (far, near) = sockets();
    let offered = offer(&place.0, near.as_fd(), near.as_fd()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    let (read, write) = accept(&stream).unwrap();
    // The one who offered goes; what it offered stays.
    drop((near, offered));
    let (a, b) = (Link::new(read, write).unwrap(), Link::from_socket(far).unwrap());
    carry(&a, &b, &[output(1, 5_000)]).await;
    carry(&b, &a, &[output(2, 5_000)]).await;
}

#[test]
fn an_offer_that_has_not_come_yet_is_waited_for() {
    let (near, far) = UnixStream::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    assert_eq!(accept(&near).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(far);
    assert_eq!(accept(&near).unwrap_err().kind(), ErrorKind::InvalidData);
}

#[test]
fn anything_but_an_offer_is_refused() {
    for garbage in [&b"posse link 1\n"[..], b"posse link 2\n", b"GET / HTTP/1.0\r\n\r\n", b"x"] {
        let (near, mut far) = UnixStream::pair().unwrap();
        far.write_all(garbage).unwrap();
        assert_eq!(accept(&near).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}

#[test]
fn the_socket_is_private_and_replaces_a_dead_ones() {
    let place = Place::new("listen");
    drop(UnixListener::bind(&place.0).unwrap());
    assert!(UnixStream::connect(&place.0).is_err());
    let listener = listen(&place.0).unwrap();
    let mode = std::fs::metadata(&place.0).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let _front = UnixStream::connect(&place.0).unwrap();
    listener.accept().unwrap();
}
