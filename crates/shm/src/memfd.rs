//! Sealed memory without a name: made by one process, checked and mapped by others.
//!
//! A memfd (memfd_create(2)) is gone with its last holder, SIGKILL included. The seals forbid to
//! cut it, so that no reader meets SIGBUS, to grow it, and to change the seals. Called by the
//! parts' `create` and `map`.

use crate::error::SetupError;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{
    MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create,
};

/// What every piece of shared memory has.
const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::SEAL);

/// Memory of `bytes` zeroes, sealed, closed on exec. `what` is its name in /proc/PID/maps.
pub(crate) fn create(what: &'static str, bytes: u64) -> Result<OwnedFd, SetupError> {
    let fd = unsealed(what, bytes)?;
    seal(&fd, SealFlags::empty())?;
    Ok(fd)
}

/// The same before its seals, for whoever must map it first.
pub(crate) fn unsealed(what: &'static str, bytes: u64) -> Result<OwnedFd, SetupError> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create(what, flags).map_err(SetupError::kernel("memfd_create"))?;
    ftruncate(&fd, bytes).map_err(SetupError::kernel("ftruncate"))?;
    Ok(fd)
}

/// Sets the seals, and `more` where the kernel knows them.
pub(crate) fn seal(fd: impl AsFd, more: SealFlags) -> Result<(), SetupError> {
    if !more.is_empty() && fcntl_add_seals(&fd, SEALS | more).is_ok() {
        return Ok(());
    }
    fcntl_add_seals(&fd, SEALS).map_err(SetupError::kernel("fcntl(F_ADD_SEALS)"))
}

/// Is this memory of exactly so many bytes, and can nobody change that?
pub(crate) fn check(fd: impl AsFd, what: &'static str, bytes: u64) -> Result<(), SetupError> {
    // What is no memfd has no seals: EINVAL.
    let seals = fcntl_get_seals(&fd).map_err(|_| SetupError::Unsealed { what })?;
    if !seals.contains(SEALS) {
        return Err(SetupError::Unsealed { what });
    }
    // After the seals, since the size may change before them.
    let is = fstat(&fd).map_err(SetupError::kernel("fstat"))?.st_size;
    let is = u64::try_from(is).unwrap_or(0);
    if is == bytes { Ok(()) } else { Err(SetupError::Other { what, said: bytes, is }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn sealed_memory_keeps_its_size() {
        let fd = create("posse-test", 8192).unwrap();
        check(&fd, "ring", 8192).unwrap();
        assert!(ftruncate(&fd, 4096).is_err());
        assert!(ftruncate(&fd, 16384).is_err());
        assert!(fcntl_add_seals(&fd, SealFlags::WRITE).is_err());
        let other = check(&fd, "ring", 4096).unwrap_err();
        assert_eq!(other.to_string(), "the memory of a ring has 8192 bytes instead of 4096");
    }

    #[test]
    fn what_can_be_cut_is_refused() {
        let fd = unsealed("posse-test", 4096).unwrap();
        assert!(matches!(check(&fd, "ring", 4096), Err(SetupError::Unsealed { .. })));
        fcntl_add_seals(&fd, SealFlags::GROW | SealFlags::SEAL).unwrap();
        assert!(matches!(check(&fd, "ring", 4096), Err(SetupError::Unsealed { .. })));
        let file = File::open("/proc/self/exe").unwrap();
        assert!(matches!(check(&file, "ring", 4096), Err(SetupError::Unsealed { .. })));
    }
}
