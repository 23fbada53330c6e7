//! Identity is a key, as in ssh: one Ed25519 pair per owner and per host, and a vm belongs to its
//! owner's key (design D3).
//!
//! For: making, keeping and naming keys. Not for: admission (`ticket`) or links (`tls`).
//! Called by `ticket`, `tls` and the daemon.

mod file;
mod public;
mod secret;

use posse_wire::VmId;

pub use public::PublicKey;
pub use secret::SecretKey;

/// Keeps the vm's number apart from every other use of blake3 on the same bytes.
const VM_ID_CONTEXT: &str = "posse vm id v1: owner key, name";

/// Bytes of a signature by an Ed25519 key.
pub const SIGNATURE_BYTES: usize = 64;

/// Why a key could not be made, kept, read or understood.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    #[error("{path} already exists; remove it first if the key in it is no longer wanted")]
    Exists { path: String },
    #[error("{path} belongs to uid {owner}, not to you; use a directory of your own")]
    ForeignOwner { path: String, owner: u32 },
    #[error("{path} has mode {mode:04o}, others could reach it; run: chmod {wanted} {path}")]
    TooOpen { path: String, mode: u32, wanted: &'static str },
    #[error("{path} holds no posse key; remove it and a new one is made at the next `posse up`")]
    NotAKey { path: String },
    #[error("not a public key: expected 64 hex digits, as `posse hosts --json` prints them")]
    BadPublicKey,
    #[error("the system gave no random bytes; a key cannot be made on this machine")]
    NoEntropy,
}

/// The number of the vm that `owner` calls `name`: two owners never share one.
pub fn vm_id(owner: &PublicKey, name: &str) -> VmId {
    let mut hasher = blake3::Hasher::new_derive_key(VM_ID_CONTEXT);
    hasher.update(&owner.0);
    hasher.update(name.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    VmId(id)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_vm_is_named_by_owner_and_name() {
        let (a, b) = (PublicKey([1; 32]), PublicKey([2; 32]));
        assert_eq!(vm_id(&a, "main"), vm_id(&a, "main"));
        assert_ne!(vm_id(&a, "main"), vm_id(&a, "other"));
        assert_ne!(vm_id(&a, "main"), vm_id(&b, "main"));
    }
}
