//! The keys of one daemon: its own, and on the owner's machine the one that admits hosts.

use posse_net::identity::{IdentityError, PublicKey, SecretKey, vm_id};
use posse_net::ticket::Ticket;
use posse_wire::{HostId, VmId};
use std::path::Path;

pub(crate) struct Identity {
    pub vm: VmId,
    pub own: SecretKey,
    is_owner: bool,
    /// The vm is made by this life of the owner's daemon.
    pub is_new: bool,
}

impl Identity {
    /// The owner's daemon: its key is the vm's, made when the vm is.
    pub fn of_owner(path: &Path, vm_name: &str) -> Result<Self, IdentityError> {
        let is_new = !path.exists();
        let own = if is_new {
            let key = SecretKey::generate()?;
            key.save(path)?;
            key
        } else {
            SecretKey::load(path)?
        };
        let vm = vm_id(&own.public(), vm_name);
        Ok(Identity { vm, own, is_owner: true, is_new })
    }

    /// A host's daemon: its key is made here and never leaves.
    pub fn of_host(vm: VmId) -> Result<Self, IdentityError> {
        Ok(Identity { vm, own: SecretKey::generate()?, is_owner: false, is_new: true })
    }

    /// The daemon of a host that joined: the key that it had before it had a daemon.
    pub fn of_joined(vm: VmId, own: SecretKey) -> Self {
        Identity { vm, own, is_owner: false, is_new: true }
    }

    /// A ticket for this host's key; empty where this daemon is not the owner's.
    pub fn sign(&self, host: HostId, key: [u8; 32]) -> Vec<u8> {
        if !self.is_owner {
            return Vec::new();
        }
        Ticket::sign(&self.own, self.vm, host, PublicKey(key)).encode().to_vec()
    }
}

/// Whether `key` is the owner's: the vm's id is made of that key and the vm's name.
pub(crate) fn is_owner_of(key: &PublicKey, vm: VmId, vm_name: &str) -> bool {
    vm_id(key, vm_name) == vm
}
