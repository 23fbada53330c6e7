//! From a launcher's pipe to a link: as it is over ssh, sealed where the launcher does not cipher,
//! or, with `--direct`, left for a TCP link once the host has said where it listens.

use super::report;
use crate::shell::Shell;
use bytes::Bytes;
use posse_net::direct::{self, DirectError, Wish};
use posse_net::identity::PublicKey;
use posse_net::link::Link;
use posse_proto::{Input, Peer};
use posse_wire::msg::{Hello, Refused, Role, Stage};
use posse_wire::{Frame, HostId, Message, limits};
use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

/// Where a direct link goes to, and the key proven there; none where the pipe is the link.
pub(super) type Reached = Option<(SocketAddr, PublicKey)>;

/// A launcher's pipe whose other end is a daemon.
pub(super) struct Pipe {
    pub number: HostId,
    pub launcher: Pid,
    pub socket: OwnedFd,
    pub early: Bytes,
    /// The host is looked for: this is a link once the daemon there has said hello. A launch may
    /// be under way as well, and that nobody is there is not to be taken for its end.
    pub is_search: bool,
}

impl Pipe {
    pub async fn plain(self, shell: &Rc<Shell>) -> Result<Reached, DirectError> {
        let link = Link::from_socket(self.socket)?;
        link.preload(&self.early);
        let said = if self.is_search { vec![hello(&link).await?] } else { Vec::new() };
        open(shell, (self.number, self.launcher), link, None, said);
        Ok(None)
    }

    pub async fn sealed(self, shell: &Rc<Shell>) -> Result<Reached, DirectError> {
        let own = &shell.identity.own;
        let (link, key) = direct::seal_as_owner(self.socket, self.early, own).await?;
        let said = if self.is_search { vec![hello(&link).await?] } else { Vec::new() };
        open(shell, (self.number, self.launcher), link, Some(key), said);
        Ok(None)
    }

    /// Listens to the hello on the pipe, dials where it says, and goes on there; on the pipe
    /// where that cannot be.
    pub async fn or_direct(self, shell: &Rc<Shell>) -> Result<Reached, DirectError> {
        let pipe = Link::from_socket(self.socket)?;
        pipe.preload(&self.early);
        let first = first(&pipe).await?;
        let said = if self.is_search { is_hello(first)? } else { first };
        if let Some((address, key)) = listening(&said) {
            match direct::dial(address, &shell.identity.own, key, Wish::Parent).await {
                Ok(link) => {
                    report::stage(shell, self.number, Stage::Direct);
                    let id = shell.open_link(link, Peer::Child(self.number), None);
                    shell.expect_key(id, self.number, key);
                    let _already_gone = kill_process(self.launcher, Signal::TERM);
                    return Ok(Some((address, key)));
                }
                Err(error) => crate::log::line(&format!("no direct link to {address}: {error}")),
            }
        }
        open(shell, (self.number, self.launcher), pipe, None, vec![said]);
        Ok(None)
    }
}

/// A link to this host over this launcher's pipe, on which this was said already.
fn open(
    shell: &Rc<Shell>,
    (number, launcher): (HostId, Pid),
    pipe: Link,
    proven: Option<PublicKey>,
    said: Vec<Frame>,
) {
    let link = shell.open_link(pipe, Peer::Child(number), Some(launcher));
    proven.into_iter().for_each(|key| shell.expect_key(link, number, key));
    shell.feed_all(said.into_iter().map(|frame| Input::Frame { link, frame }));
}

async fn first(pipe: &Link) -> Result<Frame, DirectError> {
    let read = timeout(limits::JOIN_WITHIN, pipe.read_first());
    Ok(read.await.map_err(|_| DirectError::Timeout)??)
}

async fn hello(pipe: &Link) -> Result<Frame, DirectError> {
    is_hello(first(pipe).await?)
}

/// Else the reason that it says.
fn is_hello(frame: Frame) -> Result<Frame, DirectError> {
    match Refused::decode(&frame) {
        Ok(Refused { reason }) => Err(io::Error::other(reason).into()),
        Err(_) => Ok(frame),
    }
}

/// Where a host listens and by which key it is known there.
fn listening(hello: &Frame) -> Option<(SocketAddr, PublicKey)> {
    match Hello::decode(hello).ok()?.role {
        Role::Host { key, facts, .. } => Some((facts.listens.parse().ok()?, PublicKey(key))),
        Role::Client | Role::Process | Role::Sibling { .. } => None,
    }
}

/// What the launcher says while its pipe is a link is of no use, but must not block it.
pub(super) async fn discard(stderr: AsyncFd<OwnedFd>) {
    let mut buffer = vec![0; 1024];
    while let Ok(mut ready) = stderr.readable().await {
        match rustix::io::read(&stderr, &mut buffer[..]) {
            Ok(0) => return,
            Ok(_) => {}
            Err(_) => ready.clear_ready(),
        }
    }
}
