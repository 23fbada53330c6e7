//! What can be wrong with shared memory: at set-up, and while it is used.
//!
//! A `Fault` is final for the ring or segment that gave it; its user closes that and takes another
//! way. Used throughout this crate.

use std::error::Error;
use std::fmt;
use std::io;

/// What was found while shared memory was used. All but the first two mean that the other side
/// wrote what nobody writes who keeps to the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This process is a fork of the one that mapped the memory; it has no part in it.
    Forked,
    /// A record of so many bytes can never fit here.
    TooLong { bytes: usize, most: usize },
    /// The head word of the record at this position (in words since the ring's beginning).
    Head { at: u64, word: u64 },
    /// How far the consumer claims to have read, where the producer has written to `at`.
    Tail { at: u64, tail: u64 },
    /// Something outside of a segment or an extent.
    Outside { at: u64, bytes: u64, size: u64 },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Forked => write!(f, "this process is a fork of the one that shares the memory"),
            Fault::TooLong { bytes, most } => {
                write!(f, "a record of {bytes} bytes is longer than the {most} that fit")
            }
            Fault::Head { at, word } => {
                write!(f, "garbage in a ring: head word {word:#018x} at word {at}")
            }
            Fault::Tail { at, tail } => {
                write!(f, "garbage in a ring: read to word {tail}, written to word {at}")
            }
            Fault::Outside { at, bytes, size } => {
                write!(f, "{bytes} bytes at {at} are outside of the {size} that there are")
            }
        }
    }
}

impl Error for Fault {}

/// Why memory can not be shared: what the kernel refused, or what is wrong with what was handed
/// over.
#[derive(Debug)]
pub enum SetupError {
    /// A call of the kernel failed.
    Kernel { call: &'static str, source: io::Error },
    /// A size that nobody may ask for.
    Size { what: &'static str, bytes: u64 },
    /// The memory is not as large as was said.
    Other { what: &'static str, said: u64, is: u64 },
    /// The memory could be cut while it is used, which would end its readers by SIGBUS.
    Unsealed { what: &'static str },
}

impl SetupError {
    pub(crate) fn kernel(call: &'static str) -> impl Fn(rustix::io::Errno) -> SetupError {
        move |errno| SetupError::Kernel { call, source: errno.into() }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Kernel { call, source } => write!(f, "{call}: {source}"),
            SetupError::Size { what, bytes } => {
                write!(f, "a {what} of {bytes} bytes is not possible")
            }
            SetupError::Other { what, said, is } => {
                write!(f, "the memory of a {what} has {is} bytes instead of {said}")
            }
            SetupError::Unsealed { what } => write!(f, "the memory of a {what} is not sealed"),
        }
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SetupError::Kernel { source, .. } => Some(source),
            _ => None,
        }
    }
}
