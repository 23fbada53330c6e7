//! Floors between hosts: eight bytes there and back over one TCP connection, as they are or within
//! TLS with the very settings of posse's links; blocking reads and writes, nothing else.
//!
//! Called by `main`.

use crate::figure::{median_micros, pin, say};
use posse_bed::wait_until;
use posse_net::identity::{PublicKey, SecretKey};
use posse_net::tls::{self, TlsStream};
use rustls::StreamOwned;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const BATCHES: usize = 101;
const TURNS: usize = 20;
const FIRST_TURNS: usize = 200;
const ALPN: &[u8] = b"floor";

/// The other one is started at about the same time.
const LISTENS_WITHIN: Duration = Duration::from_secs(10);

trait Line: Read + Write {}
impl<T: Read + Write> Line for T {}

pub fn answer(way: &str, port: u16, core: usize) {
    pin(core);
    let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
    let (stream, _) = listener.accept().unwrap();
    let mut line = line(way, stream, true);
    let mut word = [0; 8];
    // Ends with the other one.
    while line.read_exact(&mut word).is_ok() && line.write_all(&word).is_ok() {
        line.flush().unwrap();
    }
}

pub fn ask(way: &str, address: &str, core: usize) {
    pin(core);
    let mut stream = None;
    let listens = wait_until(LISTENS_WITHIN, || {
        stream = TcpStream::connect(address).ok();
        stream.is_some()
    });
    assert!(listens, "nobody listens at {address}");
    let stream = stream.unwrap();
    let mut line = line(way, stream, false);
    let mut turn = || {
        let mut word = [7; 8];
        line.write_all(&word).unwrap();
        line.flush().unwrap();
        line.read_exact(&mut word).unwrap();
    };
    (0..FIRST_TURNS).for_each(|_| turn());
    let micros = median_micros(BATCHES, || (0..TURNS).for_each(|_| turn()));
    say(&format!("{way} 8 {:.3} us", micros / (2 * TURNS) as f64));
}

fn line(way: &str, stream: TcpStream, accepts: bool) -> Box<dyn Line> {
    stream.set_nodelay(true).unwrap();
    if way == "tls" { within_tls(stream, accepts) } else { Box::new(stream) }
}

/// The handshake is posse's own; from then on it is rustls and the socket. Whoever accepts says its
/// key before, since nobody else tells it here.
fn within_tls(mut stream: TcpStream, accepts: bool) -> Box<dyn Line> {
    let own = SecretKey::generate().unwrap();
    let mut key = own.public().0;
    if accepts {
        stream.write_all(&key).unwrap();
    } else {
        stream.read_exact(&mut key).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async move {
        stream.set_nonblocking(true).unwrap();
        let stream = tokio::net::TcpStream::from_std(stream).unwrap();
        if accepts {
            tls::accept(stream, &own, |_| true, &[ALPN]).await.unwrap().0
        } else {
            tls::connect(stream, &own, PublicKey(key), ALPN).await.unwrap()
        }
    });
    let blocking = |stream: tokio::net::TcpStream| {
        let stream = stream.into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    };
    match stream {
        TlsStream::Client(client) => {
            let (stream, connection) = client.into_inner();
            Box::new(StreamOwned::new(connection, blocking(stream)))
        }
        TlsStream::Server(server) => {
            let (stream, connection) = server.into_inner();
            Box::new(StreamOwned::new(connection, blocking(stream)))
        }
    }
}
