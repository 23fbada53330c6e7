//! A ticket admits one host to one vm: the owner's signature over vm, host number and key.
//!
//! For: admission. Not for: incarnation, roles and revocation, which are control state and change.
//! Called by the owner's daemon to sign, and by every daemon before it believes a peer.

use posse_wire::{HostId, VmId};

use crate::identity::{PublicKey, SIGNATURE_BYTES, SecretKey};

/// First bytes of what is signed, so that no other signature of an owner can pass for a ticket.
const DOMAIN: &[u8; 16] = b"posse ticket v1\0";

/// vm, host and key in the encoding.
const SIGNED_BYTES: usize = 16 + 4 + 32;

/// A ticket on the wire has exactly this size.
pub const TICKET_BYTES: usize = SIGNED_BYTES + SIGNATURE_BYTES;

/// Why a ticket does not admit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    #[error("a ticket has {TICKET_BYTES} bytes, this one {0}; run `posse up` for that host again")]
    Size(usize),
    #[error("the ticket was not signed by this vm's owner; run `posse up` for that host again")]
    Signature,
}

/// The owner's word that the holder of `key` is host `host` of `vm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub vm: VmId,
    pub host: HostId,
    pub key: PublicKey,
    signature: [u8; SIGNATURE_BYTES],
}

impl Ticket {
    /// A new ticket. The host number must be allocated for good before it is signed.
    pub fn sign(owner: &SecretKey, vm: VmId, host: HostId, key: PublicKey) -> Ticket {
        let signature = owner.sign(&message(&signed_part(vm, host, key)));
        Ticket { vm, host, key, signature }
    }

    /// Whether `owner` signed exactly this. That the vm is ours is for the caller to compare.
    pub fn verify(&self, owner: &PublicKey) -> Result<(), TicketError> {
        let message = message(&signed_part(self.vm, self.host, self.key));
        if owner.verify(&message, &self.signature) { Ok(()) } else { Err(TicketError::Signature) }
    }

    /// vm, host (big-endian), key, signature.
    pub fn encode(&self) -> [u8; TICKET_BYTES] {
        let mut bytes = [0; TICKET_BYTES];
        let (signed, signature) = bytes.split_at_mut(SIGNED_BYTES);
        signed.copy_from_slice(&signed_part(self.vm, self.host, self.key));
        signature.copy_from_slice(&self.signature);
        bytes
    }

    /// Reads the encoding; says nothing about the signature, see `verify`.
    pub fn decode(bytes: &[u8]) -> Result<Ticket, TicketError> {
        let size = || TicketError::Size(bytes.len());
        let (vm, rest) = bytes.split_first_chunk::<16>().ok_or_else(size)?;
        let (host, rest) = rest.split_first_chunk::<4>().ok_or_else(size)?;
        let (key, rest) = rest.split_first_chunk::<32>().ok_or_else(size)?;
        let signature = rest.try_into().map_err(|_| size())?;
        let host = HostId(u32::from_be_bytes(*host));
        Ok(Ticket { vm: VmId(*vm), host, key: PublicKey(*key), signature })
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
        let ticket = Ticket::sign(&owner, VmId([7; 16]), HostId(41), key);
        (owner, ticket)
    }

    #[test]
    fn admits_what_the_owner_signed_and_nothing_else() {
        let (owner, ticket) = ticket();
        assert_eq!(ticket.verify(&owner.public()), Ok(()));
        let stranger = SecretKey::generate().unwrap().public();
        assert_eq!(ticket.verify(&stranger), Err(TicketError::Signature));
        assert_eq!(Ticket::decode(&ticket.encode()), Ok(ticket));
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let (owner, ticket) = ticket();
        let good = ticket.encode();
        for bit in 0..good.len() * 8 {
            let mut bad = good;
            bad[bit / 8] ^= 1 << (bit % 8);
            let bad = Ticket::decode(&bad).unwrap();
            assert_eq!(bad.verify(&owner.public()), Err(TicketError::Signature), "bit {bit}");
        }
    }

    #[test]
    fn a_signature_over_the_bare_bytes_is_no_ticket() {
        let (owner, mut ticket) = ticket();
        ticket.signature = owner.sign(&signed_part(ticket.vm, ticket.host, ticket.key));
        assert_eq!(ticket.verify(&owner.public()), Err(TicketError::Signature));
    }

    #[test]
    fn other_sizes_are_refused() {
        let bytes = [0; TICKET_BYTES + 1];
        for size in (0..=bytes.len()).filter(|size| *size != TICKET_BYTES) {
            assert_eq!(Ticket::decode(&bytes[..size]), Err(TicketError::Size(size)));
        }
    }
}
