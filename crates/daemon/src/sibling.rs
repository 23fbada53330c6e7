//! Links that hosts of a vm make to each other by their tickets. Who dialed here and showed its own
//! is handed on in `attend`, the one place that says what such a link is for. Called by `port`, and
//! for dialing by `measure`, `seek`, `control/lines` and by a host that leads.

use crate::limits::{DIALS_MAX, REACHED_MAX, SEEKS_MAX, SIBLINGS_MAX, TOLD_WITHIN};
use crate::measure;
use crate::seek;
use crate::shell::Shell;
use posse_net::identity::PublicKey;
use posse_net::link::Link;
use posse_net::sibling::{Family, SiblingError, judge};
use posse_proto::Peer;
use posse_wire::msg::{Hosts, Purpose, Refused, Welcome};
use posse_wire::{CommandId, HostId, Message, WIRE_VERSION};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::task::spawn_local;
use tokio::time::timeout;

/// A host of the vm that dialed here: its ticket names this number and the key that it has proven.
/// What it has said after its hello is still in the link.
pub(crate) struct Sibling {
    pub number: HostId,
    pub key: PublicKey,
    pub link: Link,
}

/// Room for links of siblings, and for dialing some.
pub(crate) struct Siblings {
    served: Arc<Semaphore>,
    dialed: Semaphore,
    sought: Semaphore,
    /// Who was dialed from here and proved to be there.
    reached: RefCell<BTreeSet<(SocketAddr, PublicKey)>>,
}

impl Default for Siblings {
    fn default() -> Siblings {
        Siblings {
            served: Arc::new(Semaphore::new(SIBLINGS_MAX)),
            dialed: Semaphore::new(DIALS_MAX),
            sought: Semaphore::new(SEEKS_MAX),
            reached: RefCell::default(),
        }
    }
}

impl Siblings {
    /// Waits for a turn to dial, which lasts until it is dropped.
    pub async fn dialing(&self) -> Option<SemaphorePermit<'_>> {
        self.dialed.acquire().await.ok()
    }

    /// A turn to look for a host, where there is one.
    pub fn seeking(&self) -> Option<SemaphorePermit<'_>> {
        self.sought.try_acquire().ok()
    }

    /// Whether the daemon that has this key was reached at this address.
    pub fn has_reached(&self, there: (SocketAddr, PublicKey)) -> bool {
        self.reached.borrow().contains(&there)
    }

    fn reaches(&self, there: (SocketAddr, PublicKey)) {
        let mut reached = self.reached.borrow_mut();
        if reached.insert(there) && reached.len() > REACHED_MAX {
            reached.pop_first();
        }
    }
}

/// Dials a host of the vm that is known by this key; it has accepted us.
pub(crate) async fn dial(
    shell: &Rc<Shell>,
    there: (SocketAddr, PublicKey),
    purpose: Purpose,
) -> Result<Link, SiblingError> {
    let identity = &shell.identity;
    let (host, brought) = shell.with_daemon(|daemon| (daemon.host(), daemon.ticket().to_vec()));
    let ticket = match host {
        HostId::OWNER => identity.sign(host, identity.own.public().0),
        _ => brought,
    };
    let shows = (host, ticket);
    let link = posse_net::sibling::dial(there, &identity.own, identity.vm, shows, purpose).await?;
    shell.siblings.reaches(there);
    Ok(link)
}

/// Listens to who has proven this key, and serves it where it is of the vm.
pub(crate) async fn hear(shell: &Rc<Shell>, link: Link, key: PublicKey) {
    let name = shell.with_daemon(|daemon| daemon.vm_name().to_owned());
    let ours = Family { vm: shell.identity.vm, name: &name };
    let (number, purpose) = match judge(&link, &key, ours).await {
        Ok(sibling) => sibling,
        Err(why) => {
            crate::log::line(&format!("a direct link was refused: {why}"));
            return refuse(&link, &why.to_string()).await;
        }
    };
    let Ok(turn) = shell.siblings.served.clone().try_acquire_owned() else {
        return refuse(&link, "too many hosts at once; try again").await;
    };
    if matches!(purpose, Purpose::Lead(_)) && !may_lead(shell, number) {
        crate::log::line(&format!("host {number}, which is not known to vote, wants to lead"));
        return refuse(&link, "only a host that votes may lead").await;
    }
    if let Purpose::Relay(warrant) = &purpose
        && let Err(why) = seek::may_relay(shell, number, warrant)
    {
        crate::log::line(&format!("host {number} wants to relay: {why}"));
        return refuse(&link, &why).await;
    }
    if timeout(TOLD_WITHIN, welcome(shell, &link)).await.is_err() {
        return crate::log::line(&format!("the sibling {number} does not read its welcome"));
    }
    spawn_local(attend(shell.clone(), Sibling { number, key, link }, purpose, turn));
}

/// By the word of the last leader, or of this host's own copy of the control state.
pub(crate) fn may_lead(shell: &Rc<Shell>, host: HostId) -> bool {
    shell.is_voter(host) || shell.with_daemon(|daemon| daemon.led_by().voters.contains(&host))
}

/// Says why, and leaves the link to be closed.
pub(crate) async fn refuse(link: &Link, why: &str) {
    link.push(&Refused { reason: why.to_owned() }.frame(CommandId::NONE));
    let _it_may_not_listen = timeout(TOLD_WITHIN, link.drain()).await;
}

/// Sent before the link is handed on: the dialer waits for it, whatever the link is for.
async fn welcome(shell: &Rc<Shell>, link: &Link) {
    let welcome = shell.with_daemon(|daemon| Welcome {
        wire: WIRE_VERSION,
        vm_name: daemon.vm_name().to_owned(),
        host: daemon.host(),
        incarnation: daemon.incarnation(),
        led: daemon.led_by().clone(),
        ticket: Vec::new(),
        adopt: false,
        command_first: 0,
        command_count: 0,
        hosts: Hosts::default(),
        settings: Vec::new(),
    });
    link.push(&welcome.frame(CommandId::NONE));
    let _its_reader_sees_that_too = link.drain().await;
}

/// Serves what the sibling dialed for; its turn is over with its link.
async fn attend(shell: Rc<Shell>, sibling: Sibling, purpose: Purpose, turn: OwnedSemaphorePermit) {
    let Sibling { number, key, link } = sibling;
    match purpose {
        // Whether its lead is the greatest is for the state machine.
        Purpose::Lead(_) | Purpose::Relay(_) => drop(shell.open_link(link, Peer::Parent, None)),
        Purpose::Control => shell.serve_line(number, link).await,
        Purpose::Measure => {
            if let Err(error) = measure::serve(&link).await {
                crate::log::line(&format!("link to the sibling {number} ({key}): {error}"));
                refuse(&link, &error.to_string()).await;
            }
        }
    }
    drop(turn);
}
