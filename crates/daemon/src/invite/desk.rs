//! The owner's daemon gives out codes, and keeps what it gave out beside the table of hosts.
//! Called by the shell for `posse invite`, and by `run` when the daemon starts.

use super::book::Book;
use super::door;
use crate::limits::INVITED_JOINS_MAX;
use crate::shell::Shell;
use posse_net::direct::outward_addresses;
use posse_net::invitation::{Invitation, Secret};
use posse_proto::LinkId;
use posse_wire::msg::{Invite, Invited};
use posse_wire::{CommandId, Message, decode_value, encode_value, limits};
use rustix::rand::{GetRandomFlags, getrandom};
use std::cell::RefCell;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;

/// Below the state directory.
const FILE: &str = "invitations";

/// What the owner's daemon knows of those who may come.
pub(crate) struct Invites {
    pub(super) book: RefCell<Book>,
    /// Where the door is, once it is open.
    pub(super) at: RefCell<Option<SocketAddr>>,
    /// Who is at the door.
    pub(super) served: Arc<Semaphore>,
}

impl Default for Invites {
    fn default() -> Invites {
        let served = Arc::new(Semaphore::new(INVITED_JOINS_MAX));
        Invites { book: RefCell::default(), at: RefCell::default(), served }
    }
}

/// Answers a front end.
pub(crate) fn invite(shell: &Rc<Shell>, link: LinkId, id: CommandId, ask: Invite) {
    let shell = shell.clone();
    tokio::task::spawn_local(async move {
        let result = give_out(&shell, &ask).await;
        shell.say(link, &Invited { result }.frame(id));
    });
}

async fn give_out(shell: &Rc<Shell>, ask: &Invite) -> Result<String, String> {
    if ask.uses == 0 {
        shell.invites.book.borrow_mut().clear();
        keep(shell).map_err(|error| error.to_string())?;
        return Ok(String::new());
    }
    let wanted = wanted(&ask.at)?;
    let all_here = !wanted.is_empty() && wanted.iter().all(|(address, _)| address.is_loopback());
    let bound = door::open(shell, all_here, ask.port)
        .await
        .map_err(|error| format!("this machine can not listen for those who join: {error}"))?;
    let addresses: Vec<SocketAddr> = wanted
        .into_iter()
        .map(|(address, port)| SocketAddr::new(address, port.unwrap_or(bound.port())))
        .collect();
    let addresses = if addresses.is_empty() {
        let own = outward_addresses().into_iter().take(limits::INVITE_ADDRESSES_MAX);
        own.map(|address| SocketAddr::new(address, bound.port())).collect()
    } else {
        addresses
    };
    if addresses.is_empty() {
        return Err("this machine has no address but its own; say where it is reached by --at \
                    ADDRESS"
            .to_owned());
    }
    let secret = secret()?;
    let now = now_ms();
    let time = Duration::from_millis(ask.for_ms);
    shell.invites.book.borrow_mut().add(&secret, ask.uses, now, time)?;
    keep(shell).map_err(|error| format!("the code can not be kept: {error}"))?;
    let vm_name = shell.with_daemon(|daemon| daemon.vm_name().to_owned());
    let vm = shell.identity.vm;
    Ok(Invitation { vm, vm_name, secret, addresses }.to_string())
}

/// `ADDRESS` or `ADDRESS:PORT`.
fn wanted(texts: &[String]) -> Result<Vec<(IpAddr, Option<u16>)>, String> {
    let one = |text: &String| {
        let whole = text.parse::<SocketAddr>().map(|at| (at.ip(), Some(at.port())));
        let bare = |_| text.trim_matches(['[', ']']).parse().map(|address: IpAddr| (address, None));
        whole.or_else(bare).map_err(|_| format!("{text} is no address of a machine"))
    };
    texts.iter().map(one).collect()
}

fn secret() -> Result<Secret, String> {
    let mut secret = Secret::default();
    let filled = getrandom(&mut secret[..], GetRandomFlags::empty());
    match filled {
        Ok(count) if count == secret.len() => Ok(secret),
        _ => Err("the kernel gives no random numbers".to_owned()),
    }
}

pub(super) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

fn file(shell: &Shell) -> PathBuf {
    shell.state.join(FILE)
}

/// Book and door, on disk before anything else is said.
pub(super) fn keep(shell: &Rc<Shell>) -> io::Result<()> {
    let at = *shell.invites.at.borrow();
    let bytes = encode_value(&(at, &*shell.invites.book.borrow()));
    let (path, fresh) = (file(shell), shell.state.join(format!("{FILE}.new")));
    let mut how = std::fs::OpenOptions::new();
    let mut kept = how.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    kept.write_all(&bytes)?;
    kept.sync_all()?;
    std::fs::rename(fresh, path)
}

/// What an earlier life of the owner's daemon gave out is good still, and hosts that came by a code
/// find the door where it was.
pub(crate) fn take_up(shell: &Rc<Shell>) {
    let Ok(bytes) = std::fs::read(file(shell)) else { return };
    let Ok((at, book)) = decode_value::<(Option<SocketAddr>, Book)>(&bytes) else {
        return crate::log::line("the codes that were given out are lost");
    };
    *shell.invites.book.borrow_mut() = book;
    let Some(at) = at else { return };
    let shell = shell.clone();
    tokio::task::spawn_local(async move {
        let is_here = at.ip().is_loopback();
        if let Err(error) = door::open(&shell, is_here, at.port()).await {
            crate::log::line(&format!("hosts that joined do not find this machine: {error}"));
        }
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::wanted;

    #[test]
    fn addresses_may_have_ports() {
        let of = |text: &str| wanted(&[text.to_owned()]).map(|all| all[0]);
        assert_eq!(of("10.0.0.7").unwrap(), ("10.0.0.7".parse().unwrap(), None));
        assert_eq!(of("10.0.0.7:80").unwrap(), ("10.0.0.7".parse().unwrap(), Some(80)));
        assert_eq!(of("[::1]:80").unwrap(), ("::1".parse().unwrap(), Some(80)));
        assert_eq!(of("::1").unwrap(), ("::1".parse().unwrap(), None));
        assert!(of("lab1").is_err() && of("").is_err());
    }
}
