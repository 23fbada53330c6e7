//! The code by which a computer joins a vm: where to dial, how the owner is known there, and the
//! secret that is shown. One word that can be pasted.
//!
//! Whoever has it may join until it is used up or its time is over; it says nothing else of the
//! vm. The owner's key is known by the vm's number, which is made of it and of the vm's name.
//! Values only. Made by the owner's daemon, read by who joins.

use crate::identity::{PublicKey, vm_id};
use crate::limits::CODE_BYTES_MAX;
use crate::place::check_vm_name;
use posse_wire::{VmId, decode_value, encode_value, limits};
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// First letters of a code: a later form gets others.
const FORM: &str = "posse1";

/// RFC 4648's alphabet in small letters: no sign that a shell or a mail program changes.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Of the text, without which a slip of the keyboard would be looked for at a wrong address.
const SUM_BYTES: usize = 4;

/// Keeps the sum apart from every other use of blake3 on the same bytes.
const SUM_CONTEXT: &str = "posse invitation v1: sum";

/// Of 128 bits, from the kernel.
pub type Secret = [u8; 16];

/// What a code says.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    pub vm: VmId,
    pub vm_name: String,
    pub secret: Secret,
    /// In the order in which they are to be tried.
    pub addresses: Vec<SocketAddr>,
}

/// Why a word is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no code of `posse invite`, or a part of one is missing")]
pub struct NoInvitation;

impl Invitation {
    /// Whether this is the key of who invites.
    pub fn is_of(&self, owner: &PublicKey) -> bool {
        vm_id(owner, &self.vm_name) == self.vm
    }
}

/// Without the secret.
impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (vm, at) = (&self.vm_name, &self.addresses);
        f.debug_struct("Invitation").field("vm", vm).field("at", at).finish_non_exhaustive()
    }
}

/// The code.
impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = encode_value(&(self.vm.0, &self.vm_name, self.secret, &self.addresses));
        let sum = sum(&bytes);
        bytes.extend_from_slice(&sum);
        write!(f, "{FORM}{}", letters(&bytes))
    }
}

impl FromStr for Invitation {
    type Err = NoInvitation;

    fn from_str(code: &str) -> Result<Invitation, NoInvitation> {
        let code = code.trim();
        let letters = code.strip_prefix(FORM).filter(|_| code.len() <= CODE_BYTES_MAX);
        let bytes = letters.and_then(bytes).ok_or(NoInvitation)?;
        let (bytes, shown) = bytes.split_last_chunk::<SUM_BYTES>().ok_or(NoInvitation)?;
        if *shown != sum(bytes) {
            return Err(NoInvitation);
        }
        let (vm, vm_name, secret, addresses): ([u8; 16], String, Secret, Vec<SocketAddr>) =
            decode_value(bytes).map_err(|_| NoInvitation)?;
        let is_sound = check_vm_name(&vm_name).is_ok()
            && (1..=limits::INVITE_ADDRESSES_MAX).contains(&addresses.len());
        is_sound
            .then_some(Invitation { vm: VmId(vm), vm_name, secret, addresses })
            .ok_or(NoInvitation)
    }
}

fn sum(bytes: &[u8]) -> [u8; SUM_BYTES] {
    let hash = blake3::derive_key(SUM_CONTEXT, bytes);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Five bits a letter, the last ones filled up with zeros.
fn letters(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
    let letter = |at: usize| (0..5).fold(0, |value, next| value << 1 | bit(at * 5 + next));
    let count = (bytes.len() * 8).div_ceil(5);
    (0..count).map(|at| char::from(LETTERS[letter(at)])).collect()
}

fn bytes(letters: &str) -> Option<Vec<u8>> {
    let value = |letter: u8| LETTERS.iter().position(|known| *known == letter);
    let values: Vec<usize> = letters.bytes().map(value).collect::<Option<_>>()?;
    let bit = |at: usize| (values[at / 5] >> (4 - at % 5) & 1) as u8;
    let count = values.len() * 5 / 8;
    Some((0..count).map(|at| (0..8).fold(0, |byte, next| byte << 1 | bit(at * 8 + next))).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::identity::SecretKey;

    fn invitation() -> (PublicKey, Invitation) {
        let owner = SecretKey::generate().unwrap().public();
        let addresses = ["10.0.0.7:7000", "[2001:db8::1]:65535"];
        let invitation = Invitation {
            vm: vm_id(&owner, "lab"),
            vm_name: "lab".to_owned(),
            secret: [0xa5; 16],
            addresses: addresses.map(|address| address.parse().unwrap()).to_vec(),
        };
        (owner, invitation)
    }

    #[test]
    fn a_code_says_what_it_was_made_of() {
        let (owner, invitation) = invitation();
        let code = invitation.to_string();
        assert!(code.bytes().all(|letter| letter.is_ascii_alphanumeric()), "{code}");
        let read: Invitation = format!(" {code}\n").parse().unwrap();
        assert_eq!(read, invitation);
        assert!(read.is_of(&owner));
        assert!(!read.is_of(&SecretKey::generate().unwrap().public()));
        let other = Invitation { vm_name: "other".to_owned(), ..read };
        assert!(!other.is_of(&owner), "the name belongs to it");
        assert!(!format!("{other:?}").contains("165"), "the secret is not shown by chance");
    }

    #[test]
    fn a_slip_is_noticed() {
        let code = invitation().1.to_string();
        for at in 0..code.len() {
            let swapped = if &code[at..=at] == "a" { "b" } else { "a" };
            let wrong = format!("{}{swapped}{}", &code[..at], &code[at + 1..]);
            assert_eq!(wrong.parse::<Invitation>(), Err(NoInvitation), "{at}");
            assert_eq!(code[..at].parse::<Invitation>(), Err(NoInvitation), "{at}");
        }
        for wrong in ["", "posse1", "posse1!", &"posse1a".repeat(1000)] {
            assert_eq!(wrong.parse::<Invitation>(), Err(NoInvitation));
        }
    }

    #[test]
    fn bits_come_back() {
        for count in 0..20u8 {
            let sample: Vec<u8> = (0..count).map(|byte| byte.wrapping_mul(37)).collect();
            assert_eq!(bytes(&letters(&sample)), Some(sample));
        }
    }
}
