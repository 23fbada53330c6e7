//! Numbers that name things on the wire. Values only; allotted by `proto`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A host of a vm. Never reused within the vm; host 0 is the owner's own daemon.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct HostId(pub u32);

impl HostId {
    /// The owner's daemon, which leads the vm wherever it can be reached.
    pub const OWNER: HostId = HostId(0);
}

/// Which life of a host's daemon: grows by one each time a new daemon takes the host's number.
#[derive(
    Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug, Default,
)]
pub struct Incarnation(pub u32);

/// Which lead of the vm: greater with each daemon that comes to hold the table of hosts. Who has
/// heard of a greater one does not listen to a smaller.
#[derive(
    Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug, Default,
)]
pub struct Lead {
    /// Of the control state; grows when it is recovered.
    pub epoch: u32,
    /// Of its log, when it chose this leader.
    pub term: u64,
}

/// A command or query spread over the vm: origin host in the high half, a sequence in the low.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct CommandId(pub u64);

impl CommandId {
    /// Link-level frames belong to no command.
    pub const NONE: CommandId = CommandId(0);

    pub fn new(origin: HostId, seq: u32) -> Self {
        CommandId(u64::from(origin.0) << 32 | u64::from(seq))
    }

    pub fn origin(self) -> HostId {
        HostId((self.0 >> 32) as u32)
    }
}

/// One process of a command: 0 to size-1, in the order of the selected hosts.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct Rank(pub u32);

impl Rank {
    /// Addresses every process of a command at once.
    pub const ALL: Rank = Rank(u32::MAX);
}

/// A process of a vm, for as long as messages and references may name it: host, which life of its
/// daemon, and a sequence that this daemon counts from 1; 0 is the daemon itself. Never reused
/// within the vm until a host has had 65,536 daemons.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct ProcessId(pub u64);

impl ProcessId {
    /// Hosts that can be told apart in an id; a vm has fewer.
    pub const HOSTS: u32 = 1 << 24;
    /// Sequences of one daemon.
    pub const SEQUENCES: u32 = 1 << 24;

    /// `None` where a part does not fit.
    pub fn new(host: HostId, incarnation: Incarnation, sequence: u32) -> Option<ProcessId> {
        let daemon = ProcessId::of_daemon(host, incarnation);
        let fits = host.0 < Self::HOSTS && sequence > 0 && sequence < Self::SEQUENCES;
        fits.then(|| ProcessId(daemon.0 | u64::from(sequence)))
    }

    /// The daemon of a host, where it follows processes itself. No process has this id.
    pub fn of_daemon(host: HostId, incarnation: Incarnation) -> ProcessId {
        let life = u64::from(incarnation.0 as u16);
        ProcessId(u64::from(host.0 % Self::HOSTS) << 40 | life << 24)
    }

    pub fn host(self) -> HostId {
        HostId((self.0 >> 40) as u32)
    }

    /// Whether this daemon of its host, and no earlier or later one, gave it out.
    pub fn is_of(self, incarnation: Incarnation) -> bool {
        (self.0 >> 24) as u16 == incarnation.0 as u16
    }

    pub fn sequence(self) -> u32 {
        (self.0 as u32) & (Self::SEQUENCES - 1)
    }
}

/// As `host.sequence`, in decimal; the incarnation is not shown.
impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.host(), self.sequence())
    }
}

/// A virtual machine: derived from its owner's key and its name, so that two never meet.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VmId(pub [u8; 16]);

impl fmt::Display for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VmId({self})")
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A file by what is in it: the same content is the same file wherever it lies, whatever it is
/// called.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Content {
    /// BLAKE3 of all of its bytes.
    pub hash: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// A program: its owner may execute it.
    pub executable: bool,
}

/// How a file of this content is called: its hash, and `x` behind that of a program.
impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(if self.executable { "x" } else { "" })
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({self}, {} bytes)", self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_id_is_its_parts() {
        let id = ProcessId::new(HostId(70_000), Incarnation(65_537), 9);
        assert!(id.is_some());
        let id = id.unwrap_or(ProcessId(0));
        assert_eq!(
            (id.host(), id.sequence(), id.to_string().as_str()),
            (HostId(70_000), 9, "70000.9")
        );
        assert!(id.is_of(Incarnation(65_537)) && !id.is_of(Incarnation(65_538)));
        assert_eq!(ProcessId::new(HostId(1), Incarnation(1), 0), None);
        let daemon = ProcessId::of_daemon(HostId(70_000), Incarnation(65_537));
        assert_eq!((daemon.host(), daemon.sequence()), (id.host(), 0));
        assert!(daemon.is_of(Incarnation(65_537)));
        assert_eq!(ProcessId::new(HostId(ProcessId::HOSTS), Incarnation(1), 1), None);
    }
}
