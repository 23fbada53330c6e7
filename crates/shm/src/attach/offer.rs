//! The side whose memory is read or written.
//!
//! Called by a process that takes part in single copies, once.

use super::{NONCE_BYTES, address};
use crate::error::SetupError;
use rustix::process::{PTracer, Pid, getpid, set_ptracer};
use rustix::rand::{GetRandomFlags, getrandom};

/// A random number in this process's memory, as long as this lives. It stands in memory of its
/// own, so its place does not change when the offer moves.
#[derive(Debug)]
pub struct Offer {
    nonce: Box<[u8; NONCE_BYTES]>,
}

/// What the other side needs. It is no secret from processes of the same user, who could read the
/// memory anyway; it tells memories apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// As this process sees itself. In another pid namespace it is somebody else or nobody, which
    /// the nonce shows.
    pub pid: i32,
    /// Where the nonce stands.
    pub address: u64,
    pub nonce: [u8; NONCE_BYTES],
}

impl Offer {
    /// A new number.
    pub fn new() -> Result<Offer, SetupError> {
        let mut nonce = Box::new([0; NONCE_BYTES]);
        // So few bytes come whole or not at all (getrandom(2)).
        getrandom(nonce.as_mut_slice(), GetRandomFlags::empty())
            .map_err(SetupError::kernel("getrandom"))?;
        Ok(Offer { nonce })
    }

    /// Lets a process and its descendants attach, where Yama would admit ancestors alone
    /// (PR_SET_PTRACER of prctl(2)): the host's daemon, and so all that it started.
    pub fn admit(&self, daemon: i32) -> Result<(), SetupError> {
        let unknown = SetupError::Size { what: "process", bytes: 0 };
        let daemon = Pid::from_raw(daemon).ok_or(unknown)?;
        set_ptracer(PTracer::ProcessID(daemon)).map_err(SetupError::kernel("prctl"))
    }

    /// What to hand to the other side.
    pub fn invitation(&self) -> Invitation {
        let address = address(self.nonce.as_slice());
        Invitation { pid: getpid().as_raw_nonzero().get(), address, nonce: *self.nonce }
    }
}
