//! A link between two processes of different hosts: TCP to the port of one's host, whose daemon
//! passes the connection to the process that the first bytes name, and TLS within, each end proven
//! by the key that its host's daemon has said it has (`introduction`). Never blocks; whoever drives
//! it polls the descriptor.
//!
//! Not for: what is said (frames, `wire`). Called by processes (`posse`), and for `Preface` by the
//! daemon.

use crate::identity::{PublicKey, SecretKey};
use crate::limits::{READ_BYTES_MAX, STUCK_AFTER};
use crate::tls;
use bytes::BytesMut;
use posse_wire::ProcessId;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendFlags, SocketFlags, SocketType, connect,
    recv, sendmsg, socket_with, sockopt,
};
use rustls::Connection;
use std::io::{self, IoSlice, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What the link is called in the handshake.
const ALPN: &[u8] = b"posse-process/1";

/// What a caller says before anything else, in plain: for whom it comes. Its first byte is none
/// with which TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preface {
    pub to: ProcessId,
    pub from: ProcessId,
}

impl Preface {
    /// First of its bytes.
    pub const FIRST: u8 = MARK[0];
    pub const BYTES: usize = 24;

    fn encode(self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        out[..8].copy_from_slice(MARK);
        out[8..16].copy_from_slice(&self.to.0.to_le_bytes());
        out[16..].copy_from_slice(&self.from.0.to_le_bytes());
        out
    }

    pub fn decode(bytes: &[u8; Self::BYTES]) -> Option<Preface> {
        let (mark, ids) = bytes.split_first_chunk::<8>()?;
        let (to, from) = ids.split_first_chunk::<8>()?;
        let from = ProcessId(u64::from_le_bytes(from.try_into().ok()?));
        (mark == MARK).then_some(Preface { to: ProcessId(u64::from_le_bytes(*to)), from })
    }
}

const MARK: &[u8; 8] = b"posse-p1";

/// One end of such a link.
pub struct Call {
    socket: OwnedFd,
    connection: Connection,
    /// What of the preface is not written.
    preface: Vec<u8>,
}

impl Call {
    /// Calls the process that has the key `expect`.
    pub fn dial(
        address: SocketAddr,
        preface: Preface,
        own: &SecretKey,
        expect: PublicKey,
    ) -> io::Result<Call> {
        let family = match address {
            SocketAddr::V4(_) => AddressFamily::INET,
            SocketAddr::V6(_) => AddressFamily::INET6,
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        match connect(&socket, &address) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(errno) => return Err(errno.into()),
        }
        let connection = tls::client(own, expect, ALPN).map_err(io::Error::other)?;
        Call::new(socket, connection, preface.encode().to_vec())
    }

    /// Takes the call of the process that has the key `expect`.
    pub fn answer(socket: OwnedFd, own: &SecretKey, expect: PublicKey) -> io::Result<Call> {
        let connection = tls::server(own, expect, ALPN).map_err(io::Error::other)?;
        Call::new(socket, connection, Vec::new())
    }

    fn new(socket: OwnedFd, mut connection: Connection, preface: Vec<u8>) -> io::Result<Call> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        sockopt::set_tcp_nodelay(&socket, true)?;
        // Packets go another way then.
        let stuck = u32::try_from(STUCK_AFTER.as_millis()).unwrap_or(u32::MAX);
        sockopt::set_tcp_user_timeout(&socket, stuck)?;
        // Whoever gives it bytes looks at `is_full` before.
        connection.set_buffer_limit(None);
        Ok(Call { socket, connection, preface })
    }

    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether both keys are proven, as far as this end can know.
    pub fn is_open(&self) -> bool {
        self.preface.is_empty() && !self.connection.is_handshaking()
    }

    /// Whether there is something that the socket has not taken.
    pub fn is_full(&self) -> bool {
        !self.preface.is_empty() || self.connection.wants_write()
    }

    /// Seals these bytes, to be sent by [`Call::flush`]. Only when it is open.
    pub fn push(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let mut writer = self.connection.writer();
        parts.iter().try_for_each(|part| writer.write_all(part))
    }

    /// Sends until all is sent or the socket takes no more.
    pub fn flush(&mut self) -> io::Result<()> {
        while !self.preface.is_empty() {
            match send(self.socket.as_fd(), &[IoSlice::new(&self.preface)]) {
                Ok(count) => drop(self.preface.drain(..count)),
                // A connection that is being made takes nothing yet.
                Err(error) if is_later(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        while self.connection.wants_write() {
            match self.connection.write_tls(&mut Socket(self.socket.as_fd())) {
                Ok(_) => {}
                Err(error) if is_later(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what has come, at most as much as `scratch` holds, and appends what it said to
    /// `plain`. Whether there may be more. An error at the end of the link.
    pub fn read(&mut self, scratch: &mut [u8], plain: &mut BytesMut) -> io::Result<bool> {
        let most = scratch.len().min(READ_BYTES_MAX);
        let has_more = loop {
            match recv(&self.socket, &mut scratch[..most], RecvFlags::empty()) {
                Ok((0, _)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok((count, _)) => {
                    self.open(&scratch[..count], plain)?;
                    // A short read has emptied the socket.
                    break count == most;
                }
                Err(Errno::AGAIN | Errno::NOTCONN) => break false,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        };
        // The handshake, key updates.
        self.flush()?;
        Ok(has_more)
    }

    fn open(&mut self, mut records: &[u8], plain: &mut BytesMut) -> io::Result<()> {
        while !records.is_empty() {
            if self.connection.read_tls(&mut records)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let state = self.connection.process_new_packets().map_err(io::Error::other)?;
            let (start, count) = (plain.len(), state.plaintext_bytes_to_read());
            plain.resize(start + count, 0);
            io::Read::read_exact(&mut self.connection.reader(), &mut plain[start..])?;
        }
        Ok(())
    }
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected)
}

/// Without SIGPIPE, which a process may not ignore.
struct Socket<'a>(BorrowedFd<'a>);

fn send(socket: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    loop {
        let mut none = SendAncillaryBuffer::default();
        match sendmsg(socket, slices, &mut none, SendFlags::NOSIGNAL) {
            Err(Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        send(self.0, &[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        send(self.0, slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    const PREFACE: Preface = Preface { to: ProcessId(77), from: ProcessId(78) };

    /// A caller that expects one key and one that answers with another, or the same.
    fn called(caller: &SecretKey, expect: &SecretKey, own: &SecretKey) -> (Call, Call) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut call = Call::dial(address, PREFACE, caller, expect.public()).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        call.flush().unwrap();
        let mut preface = [0; Preface::BYTES];
        stream.read_exact(&mut preface).unwrap();
        assert_eq!(Preface::decode(&preface), Some(PREFACE));
        assert_eq!(preface[0], Preface::FIRST);
        let answer = Call::answer(OwnedFd::from(stream), own, caller.public()).unwrap();
        (call, answer)
    }

    fn shake(a: &mut Call, b: &mut Call) -> io::Result<()> {
        let (mut scratch, mut plain) = (vec![0; 4096], BytesMut::new());
        for _ in 0..1_000_000 {
            if a.is_open() && b.is_open() {
                return Ok(());
            }
            for end in [&mut *a, &mut *b] {
                end.flush()?;
                end.read(&mut scratch, &mut plain)?;
            }
            std::thread::yield_now();
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    #[test]
    fn two_that_expect_each_other_talk() {
        let (one, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let (mut a, mut b) = called(&one, &other, &other);
        shake(&mut a, &mut b).unwrap();
        let said: Vec<u8> = (0..3_000_000u32).map(|n| (n * 7) as u8).collect();
        a.push(&[b"head", &said]).unwrap();
        let (mut scratch, mut heard) = (vec![0; READ_BYTES_MAX], BytesMut::new());
        while heard.len() < said.len() + 4 {
            a.flush().unwrap();
            b.read(&mut scratch, &mut heard).unwrap();
        }
        assert!(!a.is_full() && heard[..4] == *b"head" && heard[4..] == said[..]);
        drop(a);
        while b.read(&mut scratch, &mut heard).is_ok() {}
    }

    #[test]
    fn another_key_is_refused_by_either_side() {
        let key = || SecretKey::generate().unwrap();
        let (one, other, stranger) = (key(), key(), key());
        let (mut a, mut b) = called(&one, &other, &stranger);
        assert!(shake(&mut a, &mut b).is_err(), "who answers is another");
        let (mut a, b) = called(&one, &other, &other);
        let mut b = Call::answer(b.socket, &other, stranger.public()).unwrap();
        let refused = shake(&mut a, &mut b).is_err();
        assert!(refused, "who calls is another");
    }
}
