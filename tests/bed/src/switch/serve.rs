//! The switch itself: takes connections, makes one to the server for each, and carries bytes both
//! ways. Not what happens to the bytes: that is `bend`. Called by tests and by `redirect`.

use super::bend::{Bends, carry};
use super::{Bend, Chance, Side};
use anyhow::{Context, Result};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket, sockopt};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Where connections lead.
#[derive(Clone, Copy, Debug)]
pub enum To {
    Server(SocketAddr),
    /// To where they were meant to go before they were redirected here; from this address, which
    /// is not redirected.
    Original(Ipv4Addr),
}

/// Serves until the process ends.
pub struct Switch {
    address: SocketAddr,
    bends: Arc<Bends>,
    /// Both ends of each connection.
    open: Arc<Mutex<Vec<[TcpStream; 2]>>>,
}

impl Switch {
    /// Listens at a free port of this address.
    pub fn start(at: Ipv4Addr, to: To, seed: u64) -> Result<Switch> {
        let listener = TcpListener::bind((at, 0)).context("the switch cannot listen")?;
        let address = listener.local_addr()?;
        let (bends, open) = (Arc::default(), Arc::default());
        let switch = Switch { address, bends, open };
        let (bends, open) = (switch.bends.clone(), switch.open.clone());
        let mut chance = Chance::of_seed(seed);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that refuses is a client that is hung up on.
                let _hung_up = join(client, to, &bends, &open, &mut chance);
            }
        });
        Ok(switch)
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, for connections that are there as well.
    pub fn bend(&self, side: Side, bend: Bend) {
        self.bends.set(side, bend);
    }

    /// Ends every connection; new ones may be made. Returns how many there were.
    pub fn cut(&self) -> usize {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        // The second end may be at its end by then, because the first is.
        let is_alive = |ends: &&[TcpStream; 2]| {
            ends.each_ref().map(|end| end.shutdown(Shutdown::Both).is_ok()).contains(&true)
        };
        open.iter().filter(is_alive).count()
    }
}

fn join(
    client: TcpStream,
    to: To,
    bends: &Arc<Bends>,
    open: &Mutex<Vec<[TcpStream; 2]>>,
    chance: &mut Chance,
) -> Result<()> {
    let server = match to {
        To::Server(address) => TcpStream::connect(address)?,
        To::Original(own) => original(&client, own)?,
    };
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ends = [client.try_clone()?, server.try_clone()?];
    open.lock().unwrap_or_else(PoisonError::into_inner).push(ends);
    let directions =
        [(client.try_clone()?, server.try_clone()?, Side::There), (server, client, Side::Back)];
    for (from, to, side) in directions {
        let (bends, chance) = (bends.clone(), Chance::of_seed(chance.number()));
        thread::spawn(move || carry(from, to, side, bends, chance));
    }
    Ok(())
}

/// A connection to where the client wanted to go.
fn original(client: &TcpStream, own: Ipv4Addr) -> Result<TcpStream> {
    let wanted = sockopt::ip_original_dst(client)?;
    let server = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&server, &SocketAddrV4::new(own, 0))?;
    connect(&server, &SocketAddr::new(IpAddr::V4(*wanted.ip()), wanted.port()))?;
    Ok(TcpStream::from(server))
}

#[cfg(test)]
mod tests {
    use super::{Switch, To};
    use crate::switch::{Bend, Side};
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::thread;
    use std::time::{Duration, Instant};

    const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

    /// A server that says everything back.
    fn echo() -> To {
        let listener = TcpListener::bind((HERE, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = stream.try_clone().unwrap();
                thread::spawn(move || std::io::copy(&mut reader, &mut { stream }));
            }
        });
        To::Server(address)
    }

    fn round(stream: &mut TcpStream, bytes: &[u8]) -> Duration {
        let start = Instant::now();
        stream.write_all(bytes).unwrap();
        let mut back = vec![0; bytes.len()];
        stream.read_exact(&mut back).unwrap();
        assert!(back == bytes, "other bytes came back");
        start.elapsed()
    }

    #[test]
    fn bytes_come_late_and_one_by_one_and_are_the_same() {
        let switch = Switch::start(HERE, echo(), 1).unwrap();
        let mut stream = TcpStream::connect(switch.address()).unwrap();
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        round(&mut stream, &bytes);
        let delay = Duration::from_millis(30);
        switch.bend(Side::There, Bend { delay, ..Bend::default() });
        switch.bend(Side::Back, Bend { delay, ..Bend::default() });
        assert!(round(&mut stream, b"x") >= 2 * delay);
        switch.bend(Side::Back, Bend { bytewise: true, ..Bend::default() });
        round(&mut stream, &bytes);
    }

    #[test]
    fn a_stall_holds_one_direction_and_a_cut_ends_both() {
        let switch = Switch::start(HERE, echo(), 2).unwrap();
        let mut stream = TcpStream::connect(switch.address()).unwrap();
        round(&mut stream, b"before");
        switch.bend(Side::Back, Bend { stalled: true, ..Bend::default() });
        stream.write_all(b"held").unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut back = [0; 4];
        assert!(stream.read(&mut back).is_err(), "nothing comes");
        stream.set_read_timeout(None).unwrap();
        switch.bend(Side::Back, Bend::default());
        stream.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"held");
        assert_eq!(switch.cut(), 1);
        assert!(matches!(stream.read(&mut back), Ok(0) | Err(_)));
        round(&mut TcpStream::connect(switch.address()).unwrap(), b"another");
    }
}
