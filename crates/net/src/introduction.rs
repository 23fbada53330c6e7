//! An introduction says which key a process has: the word of its host's daemon, signed by that
//! host's key, with the ticket beside it. Two processes of a vm that are introduced to each other
//! can prove themselves over a link of their own, whoever carried the introductions: a host that
//! relays them can not put its own key into one.
//!
//! Called by `daemon`, on both sides.

use crate::identity::{SIGNATURE_BYTES, SecretKey};
use crate::sibling::Family;
use crate::ticket::{Ticket, TicketError};
use posse_wire::{ProcessId, VmId};

/// First bytes of what is signed, so that no other signature of the same key can pass for it.
const DOMAIN: &[u8; 16] = b"posse process v1";

/// Why an introduction is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntroductionError {
    #[error("the introduction is not signed by the process's host")]
    Signature,
    #[error("the host that introduces its process is unknown: {0}")]
    Host(#[from] TicketError),
}

/// By the daemon of the process's host, whose key is `own`.
pub fn sign(own: &SecretKey, vm: VmId, process: ProcessId, key: &[u8; 32]) -> Vec<u8> {
    own.sign(&message(vm, process, key)).to_vec()
}

/// Whether the host of `process`, with this ticket, has signed that the key is the process's.
pub fn verify(
    ours: Family<'_>,
    process: ProcessId,
    key: &[u8; 32],
    (ticket, signature): (&[u8], &[u8]),
) -> Result<(), IntroductionError> {
    let ticket = Ticket::decode(ticket)?;
    ticket.verify(ours.vm, ours.name)?;
    ticket.is_of(process.host(), &ticket.key)?;
    let signature: [u8; SIGNATURE_BYTES] =
        signature.try_into().map_err(|_| IntroductionError::Signature)?;
    if !ticket.key.verify(&message(ours.vm, process, key), &signature) {
        return Err(IntroductionError::Signature);
    }
    Ok(())
}

/// vm, process (big-endian), key.
fn message(vm: VmId, process: ProcessId, key: &[u8; 32]) -> Vec<u8> {
    [&DOMAIN[..], &vm.0, &process.0.to_be_bytes(), key].concat()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::identity::vm_id;
    use posse_wire::{HostId, Incarnation};

    #[test]
    fn a_host_introduces_its_own_processes_and_no_others() {
        let (owner, host, other) = (key(), key(), key());
        let vm = vm_id(&owner.public(), "lab");
        let ours = Family { vm, name: "lab" };
        let ticket = Ticket::sign(&owner, vm, HostId(2), host.public()).encode();
        let of = |host| ProcessId::new(HostId(host), Incarnation(1), 9).unwrap();
        let signature = sign(&host, vm, of(2), &[7; 32]);
        let shown = (&ticket[..], &signature[..]);
        assert_eq!(verify(ours, of(2), &[7; 32], shown), Ok(()));
        let unsigned = Err(IntroductionError::Signature);
        assert_eq!(verify(ours, of(2), &[8; 32], shown), unsigned, "another key");
        assert_eq!(verify(ours, of(2), &[7; 32], (&ticket, &signature[1..])), unsigned);
        let foreign = sign(&host, vm, of(3), &[7; 32]);
        let refused = Err(IntroductionError::Host(TicketError::Host));
        assert_eq!(verify(ours, of(3), &[7; 32], (&ticket, &foreign)), refused, "of host 3");
        let stolen = sign(&other, vm, of(2), &[7; 32]);
        assert_eq!(verify(ours, of(2), &[7; 32], (&ticket, &stolen)), unsigned);
        let elsewhere = Family { vm: vm_id(&owner.public(), "other"), name: "other" };
        assert!(verify(elsewhere, of(2), &[7; 32], shown).is_err());
    }

    fn key() -> SecretKey {
        SecretKey::generate().unwrap()
    }
}
