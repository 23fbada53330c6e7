//! The keys of one daemon: its own, and on the owner's machine the one that admits hosts.

use posse_net::identity::{IdentityError, PublicKey, SecretKey, vm_id};
use posse_net::ticket::Ticket;
use posse_wire::{HostId, VmId};
use std::path::Path;

pub(crate) struct Identity {
    pub vm: VmId,
    pub own: PublicKey,
    owner: Option<SecretKey>,
}

impl Identity {
    /// The owner's daemon: its key is the vm's, made when the vm is.
    pub fn of_owner(path: &Path, vm_name: &str) -> Result<Self, IdentityError> {
        let owner = if path.exists() {
            SecretKey::load(path)?
        } else {
            let key = SecretKey::generate()?;
            key.save(path)?;
            key
        };
        let vm = vm_id(&owner.public(), vm_name);
        Ok(Identity { vm, own: owner.public(), owner: Some(owner) })
    }

    /// A host's daemon: its key is made here and never leaves.
    pub fn of_host(vm: VmId) -> Result<Self, IdentityError> {
        Ok(Identity { vm, own: SecretKey::generate()?.public(), owner: None })
    }

    /// A ticket for this host's key; empty where this daemon is not the owner's.
    pub fn sign(&self, host: HostId, key: [u8; 32]) -> Vec<u8> {
        let sign = |owner| Ticket::sign(owner, self.vm, host, PublicKey(key)).encode().to_vec();
        self.owner.as_ref().map(sign).unwrap_or_default()
    }
}
