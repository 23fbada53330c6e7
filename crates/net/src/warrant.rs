//! A warrant lets one host be the parent of another one: the word of who leads the vm, signed by
//! the owner's key or, where a host leads, by that host's, with its ticket beside it. Without one
//! any host of the vm could claim to be a parent, and start what it likes on the others.
//!
//! It is good for this relay and this daemon of the host until another lead begins: a relay that
//! was wanted once may come again until then. Whether the signer may lead is for the caller.
//! Called by `daemon` where it sends a `Seek`, and where a sibling comes with one.

use crate::identity::{PublicKey, SIGNATURE_BYTES, SecretKey, vm_id};
use crate::sibling::Family;
use crate::ticket::{Ticket, TicketError};
use posse_wire::msg::Warrant;
use posse_wire::{HostId, Lead, VmId};

/// First bytes of what is signed, so that no other signature of the same key can pass for it.
const DOMAIN: &[u8; 16] = b"posse relay v1\0\0";

/// Who relays for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relaying {
    pub relay: HostId,
    pub host: HostId,
    /// Of the daemon of `host`.
    pub key: PublicKey,
}

/// Why a warrant is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WarrantError {
    #[error("the warrant is not signed for this")]
    Signature,
    #[error("the warrant's signer is unknown: {0}")]
    Signer(#[from] TicketError),
}

/// Signed by who leads. `ticket` is its own, empty for the owner's daemon.
pub fn sign(
    own: &SecretKey,
    ticket: &[u8],
    (vm, lead): (VmId, Lead),
    relaying: Relaying,
) -> Warrant {
    Warrant {
        lead,
        signer: own.public().0,
        ticket: ticket.to_vec(),
        signature: own.sign(&message(vm, lead, relaying)).to_vec(),
    }
}

/// Which host of the vm signed exactly this.
pub fn verify(
    warrant: &Warrant,
    ours: Family<'_>,
    meant: Relaying,
) -> Result<HostId, WarrantError> {
    let signer = PublicKey(warrant.signer);
    let signature: [u8; SIGNATURE_BYTES] =
        warrant.signature.as_slice().try_into().map_err(|_| WarrantError::Signature)?;
    if !signer.verify(&message(ours.vm, warrant.lead, meant), &signature) {
        return Err(WarrantError::Signature);
    }
    if vm_id(&signer, ours.name) == ours.vm {
        return Ok(HostId::OWNER);
    }
    let ticket = Ticket::decode(&warrant.ticket)?;
    ticket.verify(ours.vm, ours.name)?;
    ticket.is_of(ticket.host, &signer)?;
    Ok(ticket.host)
}

/// vm, lead, relay, host (all big-endian), key.
fn message(vm: VmId, lead: Lead, relaying: Relaying) -> Vec<u8> {
    [
        &DOMAIN[..],
        &vm.0,
        &lead.epoch.to_be_bytes(),
        &lead.term.to_be_bytes(),
        &relaying.relay.0.to_be_bytes(),
        &relaying.host.0.to_be_bytes(),
        &relaying.key.0,
    ]
    .concat()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const LEAD: Lead = Lead { epoch: 1, term: 9 };

    fn key() -> SecretKey {
        SecretKey::generate().unwrap()
    }

    fn relaying() -> Relaying {
        Relaying { relay: HostId(3), host: HostId(7), key: PublicKey([7; 32]) }
    }

    #[test]
    fn the_owner_is_known_by_its_key() {
        let owner = key();
        let vm = vm_id(&owner.public(), "lab");
        let ours = Family { vm, name: "lab" };
        let warrant = sign(&owner, &[], (vm, LEAD), relaying());
        assert_eq!(verify(&warrant, ours, relaying()), Ok(HostId::OWNER));
        let others = [
            Relaying { relay: HostId(4), ..relaying() },
            Relaying { host: HostId(8), ..relaying() },
            Relaying { key: PublicKey([8; 32]), ..relaying() },
        ];
        for other in others {
            assert_eq!(verify(&warrant, ours, other), Err(WarrantError::Signature));
        }
        let later = Warrant { lead: Lead { epoch: 1, term: 10 }, ..warrant.clone() };
        assert_eq!(verify(&later, ours, relaying()), Err(WarrantError::Signature));
        let short = Warrant { signature: warrant.signature[1..].to_vec(), ..warrant };
        assert_eq!(verify(&short, ours, relaying()), Err(WarrantError::Signature));
    }

    #[test]
    fn a_host_is_known_by_its_ticket_and_nobody_else_is() {
        let (owner, leader, other) = (key(), key(), key());
        let vm = vm_id(&owner.public(), "lab");
        let ours = Family { vm, name: "lab" };
        let ticket = Ticket::sign(&owner, vm, HostId(2), leader.public()).encode();
        let warrant = sign(&leader, &ticket, (vm, LEAD), relaying());
        assert_eq!(verify(&warrant, ours, relaying()), Ok(HostId(2)));
        let stolen = sign(&other, &ticket, (vm, LEAD), relaying());
        let refused = Err(WarrantError::Signer(TicketError::Host));
        assert_eq!(verify(&stolen, ours, relaying()), refused);
        let forged = Ticket::sign(&other, vm, HostId(2), other.public()).encode();
        let forged = sign(&other, &forged, (vm, LEAD), relaying());
        let refused = Err(WarrantError::Signer(TicketError::Signature));
        assert_eq!(verify(&forged, ours, relaying()), refused);
        let none = sign(&other, &[], (vm, LEAD), relaying());
        assert!(matches!(verify(&none, ours, relaying()), Err(WarrantError::Signer(_))));
    }
}
