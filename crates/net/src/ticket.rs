//! A ticket admits one host to one vm: the owner's signature over vm, host number and key. It
//! carries the owner's own key, since a vm's number is made of that key and the vm's name: who
//! knows vm and name can tell the true owner from any other.
//!
//! For: admission. Not for: incarnation, roles and revocation, which are control state and change.
//! Called by the owner's daemon to sign, and by every daemon before it believes a peer.

use posse_wire::{HostId, VmId};

use crate::identity::{PublicKey, SIGNATURE_BYTES, SecretKey, vm_id};

/// First bytes of what is signed, so that no other signature of an owner can pass for a ticket.
const DOMAIN: &[u8; 16] = b"posse ticket v1\0";

/// vm, host and key in the encoding.
const SIGNED_BYTES: usize = 16 + 4 + 32;

/// A ticket on the wire has exactly this size.
pub const TICKET_BYTES: usize = SIGNED_BYTES + SIGNATURE_BYTES + 32;

/// Why a ticket does not admit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    #[error("a ticket has {TICKET_BYTES} bytes, this one {0}; run `posse up` for that host again")]
    Size(usize),
    #[error("the ticket is one of another vm")]
    Vm,
    #[error("the ticket was not signed by this vm's owner; run `posse up` for that host again")]
    Signature,
    #[error("the ticket is of another host than the one that shows it")]
    Host,
}

/// The owner's word that the holder of `key` is host `host` of `vm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub vm: VmId,
    pub host: HostId,
    pub key: PublicKey,
    /// Who signed.
    pub owner: PublicKey,
    signature: [u8; SIGNATURE_BYTES],
}

impl Ticket {
    /// A new ticket. The host number must be allocated for good before it is signed.
    pub fn sign(owner: &SecretKey, vm: VmId, host: HostId, key: PublicKey) -> Ticket {
        let signature = owner.sign(&message(&signed_part(vm, host, key)));
        Ticket { vm, host, key, owner: owner.public(), signature }
    }

    /// One that was kept in parts; says nothing about the signature, see `verify`.
    pub fn of_parts(
        (vm, host): (VmId, HostId),
        key: PublicKey,
        owner: PublicKey,
        signature: [u8; SIGNATURE_BYTES],
    ) -> Ticket {
        Ticket { vm, host, key, owner, signature }
    }

    /// What the owner signed with.
    pub fn signature(&self) -> [u8; SIGNATURE_BYTES] {
        self.signature
    }

    /// Whether the owner of `vm`, which is called `name`, signed exactly this.
    pub fn verify(&self, vm: VmId, name: &str) -> Result<(), TicketError> {
        if self.vm != vm {
            return Err(TicketError::Vm);
        }
        let message = message(&signed_part(self.vm, self.host, self.key));
        let is_signed =
            vm_id(&self.owner, name) == vm && self.owner.verify(&message, &self.signature);
        if is_signed { Ok(()) } else { Err(TicketError::Signature) }
    }

    /// Whether it was given to the host that is called so and has proven this key.
    pub fn is_of(&self, host: HostId, key: &PublicKey) -> Result<(), TicketError> {
        if (self.host, &self.key) == (host, key) { Ok(()) } else { Err(TicketError::Host) }
    }

    /// vm, host (big-endian), key, signature, owner.
    pub fn encode(&self) -> [u8; TICKET_BYTES] {
        let mut bytes = [0; TICKET_BYTES];
        let (signed, rest) = bytes.split_at_mut(SIGNED_BYTES);
        let (signature, owner) = rest.split_at_mut(SIGNATURE_BYTES);
        signed.copy_from_slice(&signed_part(self.vm, self.host, self.key));
        signature.copy_from_slice(&self.signature);
        owner.copy_from_slice(&self.owner.0);
        bytes
    }

    /// Reads the encoding; says nothing about the signature, see `verify`.
    pub fn decode(bytes: &[u8]) -> Result<Ticket, TicketError> {
        let size = || TicketError::Size(bytes.len());
        let (vm, rest) = bytes.split_first_chunk::<16>().ok_or_else(size)?;
        let (host, rest) = rest.split_first_chunk::<4>().ok_or_else(size)?;
        let (key, rest) = rest.split_first_chunk::<32>().ok_or_else(size)?;
        let (signature, rest) = rest.split_first_chunk().ok_or_else(size)?;
        let owner = PublicKey(rest.try_into().map_err(|_| size())?);
        let host = HostId(u32::from_be_bytes(*host));
        let (key, signature) = (PublicKey(*key), *signature);
        Ok(Ticket { vm: VmId(*vm), host, key, owner, signature })
    }
}

fn signed_part(vm: VmId, host: HostId, key: PublicKey) -> [u8; SIGNED_BYTES] {
    let mut bytes = [0; SIGNED_BYTES];
    bytes[..16].copy_from_slice(&vm.0);
    bytes[16..20].copy_from_slice(&host.0.to_be_bytes());
    bytes[20..].copy_from_slice(&key.0);
    bytes
}

fn message(signed: &[u8; SIGNED_BYTES]) -> Vec<u8> {
    [&DOMAIN[..], signed].concat()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ticket() -> (SecretKey, Ticket) {
        let owner = SecretKey::generate().unwrap();
        let key = SecretKey::generate().unwrap().public();
        let vm = vm_id(&owner.public(), "lab");
        let ticket = Ticket::sign(&owner, vm, HostId(41), key);
        (owner, ticket)
    }

    #[test]
    fn admits_what_the_owner_signed_and_nothing_else() {
        let (owner, ticket) = ticket();
        let vm = ticket.vm;
        assert_eq!(ticket.verify(vm, "lab"), Ok(()));
        assert_eq!(ticket.verify(vm, "other"), Err(TicketError::Signature));
        let other = vm_id(&owner.public(), "other");
        assert_eq!(ticket.verify(other, "other"), Err(TicketError::Vm));
        let stranger = SecretKey::generate().unwrap();
        let forged = Ticket::sign(&stranger, vm, HostId(41), ticket.key);
        assert_eq!(forged.verify(vm, "lab"), Err(TicketError::Signature));
        let claimed = Ticket { owner: owner.public(), ..forged };
        assert_eq!(claimed.verify(vm, "lab"), Err(TicketError::Signature));
        assert_eq!(Ticket::decode(&ticket.encode()), Ok(ticket));
    }

    #[test]
    fn is_of_one_host_and_one_key() {
        let (owner, ticket) = ticket();
        assert_eq!(ticket.is_of(HostId(41), &ticket.key), Ok(()));
        assert_eq!(ticket.is_of(HostId(42), &ticket.key), Err(TicketError::Host));
        assert_eq!(ticket.is_of(HostId(41), &owner.public()), Err(TicketError::Host));
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let (_, ticket) = ticket();
        let good = ticket.encode();
        for bit in 0..good.len() * 8 {
            let mut bad = good;
            bad[bit / 8] ^= 1 << (bit % 8);
            let bad = Ticket::decode(&bad).unwrap();
            assert!(bad.verify(ticket.vm, "lab").is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_signature_over_the_bare_bytes_is_no_ticket() {
        let (owner, mut ticket) = ticket();
        ticket.signature = owner.sign(&signed_part(ticket.vm, ticket.host, ticket.key));
        assert_eq!(ticket.verify(ticket.vm, "lab"), Err(TicketError::Signature));
    }

    #[test]
    fn other_sizes_are_refused() {
        let bytes = [0; TICKET_BYTES + 1];
        for size in (0..=bytes.len()).filter(|size| *size != TICKET_BYTES) {
            assert_eq!(Ticket::decode(&bytes[..size]), Err(TicketError::Size(size)));
        }
    }
}
