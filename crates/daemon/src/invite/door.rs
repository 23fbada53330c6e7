//! The port of the owner's machine where codes are shown, and where hosts that came by one come
//! back. Nothing else is served there, and nobody before the code's secret or the ticket was seen.
//! Called by `desk`.

use super::desk::{keep, now_ms};
use crate::limits::{ACCEPT_AGAIN, WRONG_CODE_WAITS};
use crate::port::Unproven;
use crate::shell::Shell;
use crate::sibling::refuse;
use posse_net::direct;
use posse_net::identity::PublicKey;
use posse_net::invitation::Secret;
use posse_net::link::Link;
use posse_net::ticket::Ticket;
use posse_proto::{Daemon, Peer};
use posse_wire::msg::{Application, Applied, Apply};
use posse_wire::{CommandId, HostId, Message, WIRE_VERSION, WIRE_VERSION_OLDEST, limits};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// What is said to a host that was taken out of the vm.
const NOT_OF_THIS_VM: &str = "this host is not, or no longer, of this vm";

/// Opens the door unless it is open; `port` 0 is any free one.
pub(super) async fn open(shell: &Rc<Shell>, is_here: bool, port: u16) -> io::Result<SocketAddr> {
    let open = *shell.invites.at.borrow();
    match open {
        Some(at) if port != 0 && at.port() != port => {
            let text = format!("it listens at port {} already", at.port());
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        Some(at) if at.ip().is_loopback() && !is_here => {
            let text = "it listens for its own computer alone since the first code";
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        Some(at) => return Ok(at),
        None => {}
    }
    let (listener, at) = listen(is_here, port).await?;
    *shell.invites.at.borrow_mut() = Some(at);
    tokio::task::spawn_local(serve(shell.clone(), listener));
    Ok(at)
}

/// At all addresses, of both kinds where the kernel has both.
async fn listen(is_here: bool, port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let everywhere = [IpAddr::from(Ipv6Addr::UNSPECIFIED), Ipv4Addr::UNSPECIFIED.into()];
    let here = [IpAddr::from(Ipv4Addr::LOCALHOST)];
    let mut result = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in if is_here { &here[..] } else { &everywhere[..] } {
        result = direct::listen(*address, std::iter::once(port)).await;
        if result.is_ok() {
            break;
        }
    }
    result
}

async fn serve(shell: Rc<Shell>, listener: TcpListener) {
    let mut unproven = Unproven::default();
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                unproven.room().await;
                unproven.add(answer(shell.clone(), stream, from));
            }
            Err(error) => {
                crate::log::line(&format!("who wants to join was not accepted: {error}"));
                sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

async fn answer(shell: Rc<Shell>, stream: TcpStream, from: SocketAddr) {
    let answered = direct::answer_to_join(stream, &shell.identity.own).await;
    let Ok((link, key)) = answered else { return };
    let said = timeout(limits::HANDSHAKE_WITHIN, link.read_first()).await;
    let Ok(Ok(said)) = said else { return };
    let apply = match Apply::decode(&said) {
        Ok(apply) => apply,
        Err(error) => return refuse(&link, &error.to_string()).await,
    };
    if apply.wire_oldest > WIRE_VERSION || apply.wire < WIRE_VERSION_OLDEST {
        let why = "the two posse are of different versions; install the same on both";
        return refuse(&link, why).await;
    }
    if apply.vm != shell.identity.vm {
        return refuse(&link, "this is another vm").await;
    }
    // Who is not led from here is told nothing, and comes again.
    if !shell.with_daemon(Daemon::is_leading) {
        return;
    }
    let Ok(_turn) = shell.invites.served.clone().acquire_owned().await else { return };
    match apply.wish {
        Application::Join { secret, name } => {
            join(&shell, &link, (key, from), &secret, &name).await
        }
        Application::Back { number, ticket } => back(&shell, link, key, number, &ticket).await,
        Application::Leave => refuse(&link, "a host leaves by its own link").await,
    }
}

/// A computer becomes a host, down until it is back with the ticket that it gets here.
async fn join(
    shell: &Rc<Shell>,
    link: &Link,
    (key, from): (PublicKey, SocketAddr),
    secret: &Secret,
    name: &str,
) {
    let taken = shell.invites.book.borrow_mut().take(secret, now_ms());
    if let Err(why) = taken {
        crate::log::line(&format!("{from} was not let in: {why}"));
        sleep(WRONG_CODE_WAITS).await;
        return refuse(link, &why.to_string()).await;
    }
    let number = match admit(shell, name) {
        Ok(number) => number,
        Err(why) => {
            shell.invites.book.borrow_mut().give_back(secret);
            return refuse(link, &why).await;
        }
    };
    crate::log::line(&format!("{from} is host {number} from now on, by a code"));
    let applied = granted(shell, number, shell.identity.sign(number, key.0));
    link.push(&applied.frame(CommandId::NONE));
    let _it_may_not_listen = timeout(limits::HANDSHAKE_WITHIN, link.drain()).await;
}

/// The number is on disk, and the use of the code, before the ticket is signed.
fn admit(shell: &Rc<Shell>, name: &str) -> Result<HostId, String> {
    let number = shell.add_invited(name)?;
    match keep(shell) {
        Ok(()) => Ok(number),
        Err(error) => Err(format!("the owner's machine can not keep it: {error}")),
    }
}

fn granted(shell: &Shell, number: HostId, ticket: Vec<u8>) -> Applied {
    let milliseconds = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(0);
    Applied {
        number,
        vm_name: shell.with_daemon(|daemon| daemon.vm_name().to_owned()),
        ticket,
        linger_ms: milliseconds(limits::LINGER),
        down_after_ms: milliseconds(shell.with_daemon(Daemon::down_after)),
    }
}

/// A host that joined is there with its ticket: this is its link from now on.
async fn back(shell: &Rc<Shell>, link: Link, key: PublicKey, number: HostId, ticket: &[u8]) {
    let name = shell.with_daemon(|daemon| daemon.vm_name().to_owned());
    let judged = Ticket::decode(ticket).and_then(|ticket| {
        ticket.verify(shell.identity.vm, &name)?;
        ticket.is_of(number, &key)
    });
    if let Err(why) = judged {
        return refuse(&link, &why.to_string()).await;
    }
    if !shell.with_daemon(|daemon| daemon.is_invited(number)) {
        return refuse(&link, NOT_OF_THIS_VM).await;
    }
    let applied = granted(shell, number, ticket.to_vec());
    link.push(&applied.frame(CommandId::NONE));
    if !timeout(limits::HANDSHAKE_WITHIN, link.drain()).await.is_ok_and(|sent| sent.is_ok()) {
        return;
    }
    let id = shell.open_link(link, Peer::Child(number), None);
    shell.expect_key(id, number, key);
}
