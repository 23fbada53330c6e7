//! Why memory of another process is not read or written.
//!
//! Given by `peer`, shown by whoever explains why messages are copied twice.

use rustix::io::Errno;
use std::error::Error;
use std::fmt;
use std::fs;
use std::io;

/// Where Yama says whom it admits: 0 all of the user, 1 ancestors and those that were named,
/// 2 only who has CAP_SYS_PTRACE, 3 nobody.
const YAMA: &str = "/proc/sys/kernel/yama/ptrace_scope";

/// Why a copy was not made, or is not believed.
#[derive(Debug)]
pub enum Refusal {
    /// The kernel, or the container's filter, has no such call.
    NoCall,
    /// The kernel does not admit it: another user, another namespace, or Yama at this level.
    Forbidden { yama: Option<u8> },
    /// The process is gone. Whatever was copied is not to be used.
    Gone,
    /// A process is there and it is not the one that was meant.
    Stranger,
    /// The other process has no such memory.
    BadAddress { address: u64, bytes: u64 },
    /// Anything else.
    Kernel { call: &'static str, source: io::Error },
}

impl Refusal {
    pub(super) fn from_errno(call: &'static str, errno: Errno) -> Refusal {
        match errno {
            Errno::NOSYS => Refusal::NoCall,
            Errno::PERM | Errno::ACCESS => Refusal::Forbidden { yama: yama() },
            Errno::SRCH => Refusal::Gone,
            errno => Refusal::Kernel { call, source: errno.into() },
        }
    }
}

fn yama() -> Option<u8> {
    fs::read_to_string(YAMA).ok()?.trim().parse().ok()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoCall => write!(f, "the kernel or the container has no process_vm_readv"),
            Refusal::Forbidden { yama: Some(level) } if *level > 0 => {
                write!(f, "the kernel does not admit it (kernel.yama.ptrace_scope is {level})")
            }
            Refusal::Forbidden { .. } => {
                write!(f, "the kernel does not admit it (another user or a container)")
            }
            Refusal::Gone => write!(f, "the process is gone"),
            Refusal::Stranger => {
                write!(f, "the process is another one (another pid namespace, or it has exec'd)")
            }
            Refusal::BadAddress { address, bytes } => {
                write!(f, "the process has no {bytes} bytes at {address:#x}")
            }
            Refusal::Kernel { call, source } => write!(f, "{call}: {source}"),
        }
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Refusal::Kernel { source, .. } => Some(source),
            _ => None,
        }
    }
}
