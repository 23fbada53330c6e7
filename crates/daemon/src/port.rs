//! The one TCP port of a host: where it listens, and who is served there. Whoever has proven the
//! owner's key gets the link of a parent or of a front end (`elsewhere`), as it wants; a host of
//! the vm with its ticket is a `sibling`; a process's call is handed to the process (`introduce`);
//! others are told why not. Called by `run`.

use crate::elsewhere;
use crate::identity::is_owner_of;
use crate::introduce;
use crate::limits::{ACCEPT_AGAIN, UNPROVEN_LEAST, UNPROVEN_MAX};
use crate::shell::Shell;
use crate::sibling;
use posse_net::call::Preface;
use posse_net::direct::{self, Answered, Wish};
use posse_proto::Peer;
use posse_wire::limits;
use posse_wire::msg::Ports;
use std::collections::VecDeque;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::str::FromStr;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

/// At which address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// Where the login came to: others reach it there, or nobody does.
    Login,
    Loopback,
}

/// Where a daemon is to take direct links: at the first free port of these, 0 for any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port {
    pub at: At,
    pub first: u16,
    pub last: u16,
}

impl Port {
    pub fn of(ports: Ports, at: At) -> Option<Port> {
        match ports {
            Ports::None => None,
            Ports::Any => Some(Port { at, first: 0, last: 0 }),
            Ports::Range { first, last } => Some(Port { at, first, last }),
        }
    }

    fn address(self) -> Option<IpAddr> {
        match self.at {
            At::Loopback => Some(Ipv4Addr::LOCALHOST.into()),
            // "client port server port"
            At::Login => std::env::var("SSH_CONNECTION").ok()?.split(' ').nth(2)?.parse().ok(),
        }
    }

    /// All of the range, from somewhere in it: daemons that start at once on one computer try
    /// different ones first.
    fn candidates(self, from: u64) -> impl Iterator<Item = u16> {
        let count = u64::from(self.last.saturating_sub(self.first)) + 1;
        let nth = move |n: u64| self.first + u16::try_from((from % count + n) % count).unwrap_or(0);
        (0..count).map(nth)
    }
}

/// `login:7000-7010`
impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = match self.at {
            At::Login => "login",
            At::Loopback => "loopback",
        };
        write!(f, "{at}:{}-{}", self.first, self.last)
    }
}

impl FromStr for Port {
    type Err = ();

    fn from_str(text: &str) -> Result<Port, ()> {
        let (at, range) = text.split_once(':').ok_or(())?;
        let (first, last) = range.split_once('-').ok_or(())?;
        let at = match at {
            "login" => At::Login,
            "loopback" => At::Loopback,
            _ => return Err(()),
        };
        let number = |text: &str| text.parse().map_err(|_| ());
        Ok(Port { at, first: number(first)?, last: number(last)? })
    }
}

/// Listens, and says where; `None` where that is not wanted or cannot be.
pub(crate) async fn listen(port: Option<Port>) -> Option<(TcpListener, String)> {
    let port = port?;
    let Some(address) = port.address() else {
        crate::log::line("no port for direct links: the login does not say its address");
        return None;
    };
    let ports = port.candidates(crate::launch::random());
    match direct::listen(address, ports).await {
        Ok((listener, bound)) => Some((listener, bound.to_string())),
        Err(error) => {
            crate::log::line(&format!("no port for direct links at {address}: {error}"));
            None
        }
    }
}

/// Serves the port.
pub(crate) async fn serve(shell: Rc<Shell>, listener: TcpListener) {
    let mut unproven = Unproven::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                unproven.room().await;
                unproven.add(answer(shell.clone(), stream));
            }
            Err(error) => {
                crate::log::line(&format!("a direct link was not accepted: {error}"));
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

async fn answer(shell: Rc<Shell>, stream: TcpStream) {
    let mut first = [0];
    let looked = timeout(limits::HANDSHAKE_WITHIN, stream.peek(&mut first)).await;
    if !looked.is_ok_and(|looked| looked.is_ok()) {
        return;
    }
    if first[0] == Preface::FIRST {
        return introduce::called(&shell, stream).await;
    }
    let Answered { link, key, wish } = match direct::answer(stream, &shell.identity.own).await {
        Ok(answered) => answered,
        Err(error) => return crate::log::line(&format!("a direct link was refused: {error}")),
    };
    let name = shell.with_daemon(|daemon| daemon.vm_name().to_owned());
    let is_owner = is_owner_of(&key, shell.identity.vm, &name);
    match wish {
        Wish::Sibling => sibling::hear(&shell, link, key).await,
        Wish::Parent if is_owner => drop(shell.open_link(link, Peer::Parent, None)),
        Wish::FrontEnd if is_owner => elsewhere::serve(&shell, link).await,
        Wish::Parent => {
            sibling::refuse(&link, "only the owner of the vm may be the parent").await;
        }
        Wish::FrontEnd => {
            crate::log::line(&format!("a front end with the foreign key {key} was refused"));
            sibling::refuse(&link, "this is not the key of the vm's owner").await;
        }
    }
}

/// Connections whose peer is not yet known, oldest first. Strangers that only hold one make room
/// for the next, so that they do not keep the owner out.
#[derive(Default)]
pub(crate) struct Unproven {
    tasks: JoinSet<()>,
    oldest: VecDeque<(Instant, AbortHandle)>,
}

impl Unproven {
    pub fn add(&mut self, task: impl Future<Output = ()> + 'static) {
        self.oldest.push_back((Instant::now(), self.tasks.spawn_local(task)));
    }

    /// Waits until one more may be served.
    pub async fn room(&mut self) {
        loop {
            while self.tasks.try_join_next().is_some() {}
            self.oldest.retain(|(_, task)| !task.is_finished());
            if self.oldest.len() < UNPROVEN_MAX {
                return;
            }
            let Some((began, oldest)) = self.oldest.front() else { return };
            tokio::select! {
                _ = self.tasks.join_next() => {}
                () = sleep_until(*began + UNPROVEN_LEAST) => oldest.abort(),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_port_is_one_word_of_a_command_line() {
        for at in [At::Login, At::Loopback] {
            let port = Port::of(Ports::Range { first: 7000, last: 7010 }, at).unwrap();
            assert_eq!(port.to_string().parse(), Ok(port));
        }
        for bad in ["", "login", "login:7", "lan:1-2", "login:1-70000"] {
            assert_eq!(bad.parse::<Port>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn all_of_a_range_are_tried_once_each() {
        let port = Port { at: At::Login, first: 65_530, last: 65_535 };
        for from in [0, 5, 6, u64::MAX] {
            let tried: Vec<u16> = port.candidates(from).collect();
            let all: BTreeSet<u16> = tried.iter().copied().collect();
            assert_eq!((tried.len(), all), (6, (65_530..=65_535).collect()));
        }
        assert_eq!(Port { first: 0, last: 0, ..port }.candidates(9).collect::<Vec<_>>(), [0]);
    }
}
