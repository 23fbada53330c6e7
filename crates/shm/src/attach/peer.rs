//! The side that reads or writes another process's memory.
//!
//! Three things make sure that it is the right process, though a pid alone can be used again: the
//! pidfd was opened before the nonce was first read; each read reads the nonce from the same
//! memory in the same call (the process may have exec'd); and after each copy the pidfd must say
//! that the process still lives, since as long as it does its pid is nobody else's. Called by the
//! receiver of a large message (`read`) or its sender (`write`).

use super::{Invitation, NONCE_BYTES, Refusal, copy};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// One call copies at most what Linux does in one (0x7ffff000), in whole pages.
const CALL_BYTES: usize = 0x4000_0000;

/// A process whose memory can be reached.
#[derive(Debug)]
pub struct Peer {
    invitation: Invitation,
    alive: OwnedFd,
}

impl Peer {
    /// Tries whether the process that made this invitation can be read, by reading its nonce.
    ///
    /// # Errors
    /// Why not.
    pub fn probe(invitation: Invitation) -> Result<Peer, Refusal> {
        let pid = Some(invitation.pid).filter(|pid| *pid > 0).and_then(Pid::from_raw);
        let alive = pidfd_open(pid.ok_or(Refusal::Stranger)?, PidfdFlags::empty())
            .map_err(|errno| Refusal::from_errno("pidfd_open", errno))?;
        let peer = Peer { invitation, alive };
        peer.read_part(invitation.address, &mut [])?;
        peer.check_alive()?;
        Ok(peer)
    }

    /// Fills `into` from `address` of the process.
    ///
    /// # Errors
    /// What `into` holds is to be used only if there is none.
    pub fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Refusal> {
        let mut at = address;
        for part in into.chunks_mut(CALL_BYTES) {
            self.read_part(at, part)?;
            at = at.wrapping_add(part.len() as u64);
        }
        self.check_alive()
    }

    /// Appends `bytes` from `address` of the process.
    ///
    /// # Errors
    /// What was appended is to be used only if there is none.
    pub fn append(&self, address: u64, bytes: usize, into: &mut Vec<u8>) -> Result<(), Refusal> {
        into.reserve(bytes);
        let (mut at, mut left) = (address, bytes);
        while left > 0 {
            let part = left.min(CALL_BYTES);
            let mut nonce = [0; NONCE_BYTES];
            let from = (self.invitation.address, &mut nonce[..]);
            let count = copy::append(self.invitation.pid, from, (at, part), into);
            self.check_read(count, &nonce, (at, part))?;
            (at, left) = (at.wrapping_add(part as u64), left - part);
        }
        self.check_alive()
    }

    /// Writes `from` to `address` of the process. Unlike a read, the nonce can only be looked at
    /// before: a process that calls exec just then is written to. Who can choose, reads.
    ///
    /// # Errors
    /// Some of it may have been written then.
    pub fn write(&self, address: u64, from: &[u8]) -> Result<(), Refusal> {
        let mut at = address;
        for part in from.chunks(CALL_BYTES) {
            self.read_part(self.invitation.address, &mut [])?;
            self.check_alive()?;
            let count = copy::write(self.invitation.pid, at, part);
            let bad = Refusal::BadAddress { address: at, bytes: part.len() as u64 };
            all(count, "process_vm_writev", part.len(), bad)?;
            at = at.wrapping_add(part.len() as u64);
        }
        self.check_alive()
    }

    /// The nonce and then the bytes, in one call.
    fn read_part(&self, address: u64, into: &mut [u8]) -> Result<(), Refusal> {
        let mut nonce = [0; NONCE_BYTES];
        let bytes = into.len();
        let count =
            copy::read(self.invitation.pid, (self.invitation.address, &mut nonce), (address, into));
        self.check_read(count, &nonce, (address, bytes))
    }

    /// Whether a read of the nonce and of these bytes has read them, from the right process.
    fn check_read(
        &self,
        count: Result<usize, rustix::io::Errno>,
        nonce: &[u8; NONCE_BYTES],
        (address, bytes): (u64, usize),
    ) -> Result<(), Refusal> {
        // What is not there at all is not our process's nonce.
        let first = count.or_else(|errno| if is_fault(errno) { Ok(0) } else { Err(errno) });
        if matches!(first, Ok(count) if count < NONCE_BYTES)
            || (first.is_ok() && *nonce != self.invitation.nonce)
        {
            return Err(Refusal::Stranger);
        }
        let bad = Refusal::BadAddress { address, bytes: bytes as u64 };
        all(first, "process_vm_readv", NONCE_BYTES + bytes, bad)
    }

    /// A pidfd is readable when its process has ended (pidfd_open(2)).
    fn check_alive(&self) -> Result<(), Refusal> {
        let mut polled = [PollFd::new(&self.alive, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        match poll(&mut polled, Some(&now)) {
            Ok(0) => Ok(()),
            Ok(_) => Err(Refusal::Gone),
            Err(errno) => Err(Refusal::from_errno("poll", errno)),
        }
    }
}

fn is_fault(errno: rustix::io::Errno) -> bool {
    errno == rustix::io::Errno::FAULT
}

fn all(
    count: Result<usize, rustix::io::Errno>,
    call: &'static str,
    wanted: usize,
    bad: Refusal,
) -> Result<(), Refusal> {
    match count {
        Ok(count) if count == wanted => Ok(()),
        Ok(_) => Err(bad),
        Err(errno) if is_fault(errno) => Err(bad),
        Err(errno) => Err(Refusal::from_errno(call, errno)),
    }
}
