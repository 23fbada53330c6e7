//! Links between hosts of a vm that are not parent and child. Who dialed here and showed its ticket
//! is handed on in `attend`, the one place that says what such a link is for. Called by `port`.

use crate::limits::{REFUSAL_WITHIN, SIBLING_IDLE, SIBLINGS_MAX};
use crate::shell::Shell;
use posse_net::identity::PublicKey;
use posse_net::link::{Link, LinkError};
use posse_net::sibling::{Family, judge};
use posse_wire::msg::{Heartbeat, Hosts, Refused, Welcome};
use posse_wire::{CommandId, HostId, Kind, Message, WIRE_VERSION, WireError};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_local;
use tokio::time::timeout;

/// A host of the vm that dialed here: its ticket names this number and the key that it has proven.
/// What it has said after its hello is still in the link.
pub(crate) struct Sibling {
    pub number: HostId,
    pub key: PublicKey,
    pub link: Link,
}

/// Those who are linked now.
pub(crate) struct Siblings(Arc<Semaphore>);

impl Default for Siblings {
    fn default() -> Siblings {
        Siblings(Arc::new(Semaphore::new(SIBLINGS_MAX)))
    }
}

/// Listens to who has proven this key, and serves it where it is of the vm.
pub(crate) async fn hear(shell: &Rc<Shell>, link: Link, key: PublicKey) {
    let name = shell.with_daemon(|daemon| daemon.vm_name().to_owned());
    let ours = Family { vm: shell.identity.vm, name: &name };
    let number = match judge(&link, &key, ours).await {
        Ok(number) => number,
        Err(why) => {
            crate::log::line(&format!("a direct link was refused: {why}"));
            return refuse(&link, &why.to_string()).await;
        }
    };
    let Ok(turn) = shell.siblings.0.clone().try_acquire_owned() else {
        return refuse(&link, "too many hosts at once; try again").await;
    };
    welcome(shell, &link);
    attend(Sibling { number, key, link }, turn);
}

/// Says why, and leaves the link to be closed.
pub(crate) async fn refuse(link: &Link, why: &str) {
    link.push(&Refused { reason: why.to_owned() }.frame(CommandId::NONE));
    let _it_may_not_listen = timeout(REFUSAL_WITHIN, link.drain()).await;
}

fn welcome(shell: &Rc<Shell>, link: &Link) {
    let welcome = shell.with_daemon(|daemon| Welcome {
        wire: WIRE_VERSION,
        vm_name: daemon.vm_name().to_owned(),
        host: daemon.host(),
        incarnation: daemon.incarnation(),
        ticket: Vec::new(),
        command_first: 0,
        command_count: 0,
        hosts: Hosts::default(),
        settings: Vec::new(),
    });
    link.push(&welcome.frame(CommandId::NONE));
}

/// What a sibling is served. Its number, its key and its link belong to whoever serves it.
fn attend(sibling: Sibling, turn: OwnedSemaphorePermit) {
    spawn_local(async move {
        let Sibling { number, key, link } = sibling;
        if let Err(error) = echo(&link).await {
            crate::log::line(&format!("link to the sibling {number} ({key}): {error}"));
            refuse(&link, &error.to_string()).await;
        }
        drop(turn);
    });
}

/// Sends heartbeats back, until the other end closes the link or says nothing for too long.
async fn echo(link: &Link) -> Result<(), LinkError> {
    let mut frames = Vec::new();
    loop {
        link.drain().await?;
        match timeout(SIBLING_IDLE, link.read(&mut frames)).await {
            Ok(Err(LinkError::Closed)) | Err(_) => return Ok(()),
            Ok(read) => read?,
        }
        for frame in frames.drain(..) {
            if frame.kind != Kind::Heartbeat {
                let (wanted, got) = (Kind::Heartbeat.name(), frame.kind.name());
                return Err(WireError::WrongKind { wanted, got }.into());
            }
            let asked = Heartbeat::decode(&frame)?;
            let echo = Heartbeat { sent_us: 0, echo_us: asked.sent_us };
            link.push(&echo.frame(CommandId::NONE));
        }
    }
}
