//! The sockets of a daemon in its private directory: `socket` for front ends and processes of the
//! same user, `handover` for `posse link`, which brings a remade pipe of the parent.

use crate::launch::DaemonArgs;
use crate::limits::ACCEPT_AGAIN;
use crate::shell::Shell;
use posse_net::link::Link;
use posse_net::local::{LocalError, check_peer};
use posse_net::place::{LEADS, SOCKET, VM_NAME};
use posse_net::{handover, watch};
use posse_proto::{Daemon, Peer};
use posse_wire::{HostId, limits};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::rc::Rc;
use tokio::io::unix::AsyncFd;
use tokio::task::spawn_local;

pub(crate) enum Sockets {
    Owner(posse_net::local::Bound),
    Host { handover: UnixListener, processes: UnixListener },
}

pub(crate) fn bind(args: &DaemonArgs, directory: &Path) -> io::Result<Sockets> {
    let other = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
    if args.host == HostId::OWNER {
        let place = posse_net::place::vm_directory(&args.vm_name).map_err(|e| other(&e))?;
        let bound = posse_net::local::bind(&place).map_err(|error| match error {
            LocalError::AlreadyUp { .. } => io::Error::new(io::ErrorKind::AddrInUse, error),
            error => other(&error),
        });
        return Ok(Sockets::Owner(bound?));
    }
    let handover = handover::listen(&directory.join("handover"))?;
    let processes = handover::listen(&directory.join(SOCKET))?;
    Ok(Sockets::Host { handover, processes })
}

pub(crate) async fn serve(shell: Rc<Shell>, sockets: Sockets) {
    match &sockets {
        Sockets::Owner(bound) => accept_at(shell, bound.listener(), true).await,
        Sockets::Host { handover, processes } => {
            let logins = accept_at(shell.clone(), handover, false);
            tokio::join!(logins, accept_at(shell, processes, true));
        }
    }
}

async fn accept_at(shell: Rc<Shell>, listener: &UnixListener, is_local: bool) {
    let listening = listener
        .try_clone()
        .and_then(|listener| listener.set_nonblocking(true).map(|()| OwnedFd::from(listener)))
        .and_then(watch::readable);
    match listening {
        Ok(listening) => accept_all(shell, listening, is_local).await,
        Err(error) => crate::log::line(&format!("the socket cannot be served: {error}")),
    }
}

async fn accept_all(shell: Rc<Shell>, listening: AsyncFd<OwnedFd>, is_local: bool) {
    loop {
        let Ok(mut ready) = listening.readable().await else { return };
        let flags = rustix::net::SocketFlags::CLOEXEC | rustix::net::SocketFlags::NONBLOCK;
        let socket = match rustix::net::accept_with(&listening, flags) {
            Ok(socket) => socket,
            Err(rustix::io::Errno::AGAIN) => {
                ready.clear_ready();
                continue;
            }
            Err(error) => {
                crate::log::line(&format!("a connection was not accepted: {error}"));
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        if let Err(error) = check_peer(&socket) {
            crate::log::line(&format!("a connection was refused: {error}"));
        } else if is_local {
            let opened =
                Link::from_socket(socket).map(|link| shell.open_link(link, Peer::Local, None));
            opened.map(drop).unwrap_or_else(|error| {
                crate::log::line(&format!("a front end was not served: {error}"));
            });
        } else {
            spawn_local(take_over(shell.clone(), socket));
        }
    }
}

impl Shell {
    /// This host has come to its vm: front ends and processes of the same user find it by the
    /// vm's name.
    pub fn be_found(&self) {
        let name = self.with_daemon(|daemon| daemon.vm_name().to_owned());
        if let Err(error) = std::fs::write(self.directory.join(VM_NAME), name) {
            crate::log::line(&format!("processes do not find this host by the vm's name: {error}"));
        }
    }

    /// Where several hosts of the vm are on this computer, front ends prefer the one that leads.
    pub fn be_preferred(&self, leads: bool) {
        if self.with_daemon(Daemon::is_owner) {
            return;
        }
        let path = self.directory.join(LEADS);
        let _the_others_pass_them_on = match leads {
            true => std::fs::write(path, []),
            false => std::fs::remove_file(path),
        };
    }
}

/// A remade pipe of the parent; the stub that brought it stays until its link is closed.
async fn take_over(shell: Rc<Shell>, socket: OwnedFd) {
    let Ok(socket) = watch::readable(socket) else { return };
    let offered = async {
        loop {
            let mut ready = socket.readable().await?;
            match handover::accept(&socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                result => return result,
            }
        }
    };
    let Ok(Ok((read, write))) = tokio::time::timeout(limits::HANDSHAKE_WITHIN, offered).await
    else {
        return;
    };
    let owner = shell.sealed_by;
    crate::parent::take(shell, owner, (read, write), vec![socket.into_inner()]).await;
}
