//! How a host's daemon comes to its link to the daemon above: through the pipe of the login that
//! started it or was handed over later, or by being dialed at its direct port. Called by `run` and
//! `accept`.

use crate::identity::is_owner_of;
use crate::launch::DaemonArgs;
use crate::limits::{ACCEPT_AGAIN, UNPROVEN_MAX};
use crate::shell::Shell;
use posse_net::direct::{self, DirectError};
use posse_net::identity::PublicKey;
use posse_net::link::Link;
use posse_proto::Peer;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::spawn_local;

/// Takes the two ends of a login's pipe; `held` closes with the link.
pub(crate) async fn take(
    shell: Rc<Shell>,
    owner: Option<PublicKey>,
    (read, write): (OwnedFd, OwnedFd),
    held: Vec<OwnedFd>,
) {
    let link = match owner {
        None => Link::new(read, write).map_err(DirectError::from),
        Some(owner) => direct::seal_as_host(read, write, &shell.identity.own, owner).await,
    };
    match link {
        Ok(link) => {
            let id = shell.open_link(link, Peer::Parent, None);
            shell.hold_with_link(id, held);
        }
        Err(error) => crate::log::line(&format!("no link through the login: {error}")),
    }
}

/// Listens where the login came to, and says where; `None` where that is not wanted or not known.
pub(crate) async fn listen(args: &DaemonArgs) -> Option<(TcpListener, String)> {
    if !args.direct {
        return None;
    }
    // "client port server port": the server's address is one that the owner can reach.
    let login = std::env::var("SSH_CONNECTION").ok()?;
    let address: IpAddr = login.split(' ').nth(2)?.parse().ok()?;
    match direct::listen(address).await {
        Ok((listener, bound)) => Some((listener, bound.to_string())),
        Err(error) => {
            crate::log::line(&format!("no direct port at {address}: {error}"));
            None
        }
    }
}

/// Serves the direct port: only the owner of this vm gets a link.
pub(crate) async fn serve(shell: Rc<Shell>, listener: TcpListener) {
    let unproven = Arc::new(Semaphore::new(UNPROVEN_MAX));
    loop {
        let Ok(permit) = unproven.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                crate::log::line(&format!("a direct link was not accepted: {error}"));
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        let shell = shell.clone();
        spawn_local(async move {
            answer(&shell, stream).await;
            drop(permit);
        });
    }
}

async fn answer(shell: &Rc<Shell>, stream: TcpStream) {
    let vm = shell.identity.vm;
    let name = shell.with_daemon(|daemon| daemon.vm_name().to_owned());
    let allow = move |key: &PublicKey| is_owner_of(key, vm, &name);
    match direct::answer(stream, &shell.identity.own, allow).await {
        Ok(link) => {
            shell.open_link(link, Peer::Parent, None);
        }
        Err(error) => crate::log::line(&format!("a direct link was refused: {error}")),
    }
}
