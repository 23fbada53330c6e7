//! The number that a vm is known by, made of its owner's key and its name. Called by the daemon.

use posse_wire::VmId;

use super::PublicKey;

/// Keeps the vm's number apart from every other use of blake3 on the same bytes.
const VM_ID_CONTEXT: &str = "posse vm id v1: owner key, name";

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
