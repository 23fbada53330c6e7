//! The first words on a direct link between two hosts of a vm: who dials shows its ticket, who
//! answers judges it. TLS has proven both keys before; this says that they are of one vm.
//!
//! Not for: what the two say after it. Called by `daemon`.

use crate::direct::{self, DirectError, Wish};
use crate::identity::{PublicKey, SecretKey};
use crate::link::{Link, LinkError};
use crate::ticket::{Ticket, TicketError};
use posse_wire::msg::{Hello, Purpose, Refused, Role, Welcome};
use posse_wire::{
    CommandId, HostId, Kind, Message, VmId, WIRE_VERSION, WIRE_VERSION_OLDEST, WireError, limits,
};
use std::io;
use std::net::SocketAddr;
use thiserror::Error;
use tokio::time::timeout;

/// A vm as one of its hosts knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family<'a> {
    pub vm: VmId,
    pub name: &'a str,
}

/// Why there is no link to a sibling.
#[derive(Debug, Error)]
pub enum SiblingError {
    #[error("{0}")]
    Direct(#[from] DirectError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Link(#[from] LinkError),
    #[error("{0}")]
    Wire(#[from] WireError),
    #[error("refused there: {0}")]
    Refused(String),
    #[error("said nothing in {:?}", limits::HANDSHAKE_WITHIN)]
    Silent,
}

/// Why a dialer is no sibling. It is told.
#[derive(Debug, Error)]
pub enum Stranger {
    #[error("said nothing in {:?}", limits::HANDSHAKE_WITHIN)]
    Silent,
    #[error("{0}")]
    Link(#[from] LinkError),
    #[error("{0}")]
    Wire(#[from] WireError),
    #[error("this is another vm")]
    Vm,
    #[error("only a host of the vm is served here")]
    Role,
    #[error("{0}")]
    Ticket(#[from] TicketError),
}

/// Dials the host that is known by the key `expect`, as host `number` with this ticket. The link
/// has been accepted there.
pub async fn dial(
    (address, expect): (SocketAddr, PublicKey),
    own: &SecretKey,
    vm: VmId,
    (number, ticket): (HostId, Vec<u8>),
    purpose: Purpose,
) -> Result<Link, SiblingError> {
    let link = direct::dial(address, own, expect, Wish::Sibling).await?;
    let (wire, wire_oldest) = (WIRE_VERSION, WIRE_VERSION_OLDEST);
    let role = Role::Sibling { number, ticket, purpose };
    link.push(&Hello { wire, wire_oldest, vm, role }.frame(CommandId::NONE));
    link.drain().await?;
    let said = timeout(limits::HANDSHAKE_WITHIN, link.read_first()).await;
    let said = said.map_err(|_| SiblingError::Silent)??;
    if said.kind == Kind::Refused {
        return Err(SiblingError::Refused(Refused::decode(&said)?.reason));
    }
    let welcome = Welcome::decode(&said)?;
    check_version(welcome.wire, welcome.wire)?;
    Ok(link)
}

/// Listens to who has dialed and proven `key`; says which host it is, and what it wants.
pub async fn judge(
    link: &Link,
    key: &PublicKey,
    ours: Family<'_>,
) -> Result<(HostId, Purpose), Stranger> {
    let said = timeout(limits::HANDSHAKE_WITHIN, link.read_first()).await;
    let hello = Hello::decode(&said.map_err(|_| Stranger::Silent)??)?;
    check_version(hello.wire_oldest, hello.wire)?;
    if hello.vm != ours.vm {
        return Err(Stranger::Vm);
    }
    let Role::Sibling { number, ticket, purpose } = hello.role else {
        return Err(Stranger::Role);
    };
    let ticket = Ticket::decode(&ticket)?;
    ticket.verify(ours.vm, ours.name)?;
    ticket.is_of(number, key)?;
    Ok((number, purpose))
}

fn check_version(oldest: u16, newest: u16) -> Result<(), WireError> {
    if oldest > WIRE_VERSION || newest < WIRE_VERSION_OLDEST {
        return Err(WireError::Version { oldest, newest });
    }
    Ok(())
}
