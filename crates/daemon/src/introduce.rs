//! Processes of two hosts that want a link of their own: this daemon says which key a process of
//! its host has, believes other hosts' daemons what they have signed, and hands a connection that
//! comes to its port to the process that it is for. Called by `shell` and `port`.

use crate::limits::{EXPECTED_MAX, EXPECTED_WITHIN};
use crate::shell::Shell;
use posse_net::call::Preface;
use posse_net::introduction;
use posse_net::sibling::Family;
use posse_proto::{Input, LinkId};
use posse_wire::msg::{Called, Introduce, Introduced};
use posse_wire::{CommandId, HostId, Message, ProcessId, limits};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Who may call whom: processes of this host that were told of one elsewhere, by both, and since
/// when.
#[derive(Default)]
pub(crate) struct Expected(RefCell<BTreeMap<(ProcessId, ProcessId), (LinkId, Instant)>>);

impl Expected {
    fn add(&self, to: ProcessId, from: ProcessId, link: LinkId) {
        let mut all = self.0.borrow_mut();
        if all.len() >= EXPECTED_MAX {
            all.retain(|_, (_, since)| since.elapsed() < EXPECTED_WITHIN);
        }
        if all.len() < EXPECTED_MAX {
            all.insert((to, from), (link, Instant::now()));
        }
    }

    fn take(&self, Preface { to, from }: Preface) -> Option<LinkId> {
        let (link, since) = self.0.borrow_mut().remove(&(to, from))?;
        (since.elapsed() < EXPECTED_WITHIN).then_some(link)
    }
}

/// Says of a process of this host that it has this key.
pub(crate) fn sign(
    shell: &Rc<Shell>,
    (from, to): (ProcessId, ProcessId),
    key: [u8; 32],
    answers: bool,
) {
    let identity = &shell.identity;
    let (host, brought, listens) = shell.with_daemon(|daemon| {
        (daemon.host(), daemon.ticket().to_vec(), daemon.listens().to_owned())
    });
    let ticket = match host {
        HostId::OWNER => identity.sign(host, identity.own.public().0),
        _ => brought,
    };
    let signature = introduction::sign(&identity.own, identity.vm, from, &key);
    let introduce = Introduce { from, key, answers, listens, ticket, signature };
    shell.feed(Input::Introduce { frame: introduce.frame(CommandId(to.0)) });
}

/// Tells a process of this host of one elsewhere, if the other's host has signed what is said.
pub(crate) fn tell(shell: &Rc<Shell>, link: LinkId, to: ProcessId, introduce: Introduce) {
    let (name, here) =
        shell.with_daemon(|daemon| (daemon.vm_name().to_owned(), !daemon.listens().is_empty()));
    let ours = Family { vm: shell.identity.vm, name: &name };
    let Introduce { from, key, answers, listens, ticket, signature } = introduce;
    if let Err(why) = introduction::verify(ours, from, &key, (&ticket, &signature)) {
        return crate::log::line(&format!("{from} was not introduced to {to}: {why}"));
    }
    shell.expected.add(to, from, link);
    let introduced = Introduced { key, answers, there: listens, here };
    shell.say(link, &introduced.frame(CommandId(from.0)));
}

/// Reads whom a connection at the port is for, and hands it on; the two prove their keys to each
/// other. Who names a pair that was not introduced is hung up on.
pub(crate) async fn called(shell: &Rc<Shell>, mut stream: TcpStream) {
    let mut bytes = [0; Preface::BYTES];
    let read = timeout(limits::HANDSHAKE_WITHIN, stream.read_exact(&mut bytes)).await;
    let preface = read.is_ok_and(|read| read.is_ok()).then(|| Preface::decode(&bytes)).flatten();
    let Some(preface) = preface else { return };
    let Some(link) = shell.expected.take(preface) else { return };
    if let Ok(socket) = stream.into_std() {
        let frame = Called {}.frame(CommandId(preface.from.0));
        shell.hand((link, preface.to), &frame, vec![socket.into()]);
    }
}
