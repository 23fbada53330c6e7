//! Dialing who invites, with a code's secret or with the ticket that was got for it. Called by
//! `join` and `joined`.

use posse_net::direct;
use posse_net::identity::SecretKey;
use posse_net::invitation::Invitation;
use posse_net::link::Link;
use posse_wire::msg::{Application, Applied, Apply, Refused};
use posse_wire::{CommandId, Kind, Message, WIRE_VERSION, WIRE_VERSION_OLDEST, limits};
use std::net::SocketAddr;
use tokio::time::timeout;

/// Why there is no link.
#[derive(Debug)]
pub(super) enum NotDialed {
    /// It is there, and does not want this host: another try would not do better.
    Refused(String),
    /// Nobody answered who has proven the owner's key.
    Nobody(String),
}

/// At the first of the addresses where the owner's key is proven. What is said there counts.
pub(super) async fn dial(
    to: &Invitation,
    own: &SecretKey,
    wish: &Application,
) -> Result<(Link, Applied), NotDialed> {
    let mut failed = Vec::new();
    for address in &to.addresses {
        match ask(*address, to, own, wish).await {
            Err(NotDialed::Nobody(why)) => failed.push(format!("{address}: {why}")),
            other => return other,
        }
    }
    Err(NotDialed::Nobody(failed.join("; ")))
}

async fn ask(
    address: SocketAddr,
    to: &Invitation,
    own: &SecretKey,
    wish: &Application,
) -> Result<(Link, Applied), NotDialed> {
    let nobody = |why: &dyn std::fmt::Display| NotDialed::Nobody(why.to_string());
    let known = to.clone();
    let dialing = direct::dial_to_join(address, own, move |key| known.is_of(key));
    let link = dialing.await.map_err(|error| nobody(&error))?;
    let apply = Apply {
        wire: WIRE_VERSION,
        wire_oldest: WIRE_VERSION_OLDEST,
        vm: to.vm,
        wish: wish.clone(),
    };
    link.push(&apply.frame(CommandId::NONE));
    link.drain().await.map_err(|error| nobody(&error))?;
    let said = timeout(limits::HANDSHAKE_WITHIN, link.read_first()).await;
    let said = said.map_err(|_| nobody(&"it says nothing"))?.map_err(|error| nobody(&error))?;
    if said.kind == Kind::Refused {
        let refused = Refused::decode(&said).map_err(|error| nobody(&error))?;
        return Err(NotDialed::Refused(refused.reason));
    }
    let applied = Applied::decode(&said).map_err(|error| nobody(&error))?;
    Ok((link, applied))
}
