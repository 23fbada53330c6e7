//! What can be wrong with bytes that arrive. Used by every decoder; never carries peer data
//! larger than a number.

use thiserror::Error;

/// Why bytes from a peer were refused. The link they came on is closed with this reason.
#[derive(Debug, Error, PartialEq, Eq, Clone)]
pub enum WireError {
    #[error("frame of {got} bytes is over the limit of {max} bytes")]
    TooLong { got: u64, max: u64 },
    #[error("unknown frame kind {0}")]
    UnknownKind(u16),
    #[error("frame of kind {got} where {wanted} was expected")]
    WrongKind { wanted: &'static str, got: &'static str },
    #[error("body of a {0} frame does not decode")]
    BadBody(&'static str),
    #[error("body of a {kind} frame has {count} elements, the limit is {max}")]
    TooMany { kind: &'static str, count: u64, max: u64 },
    #[error("no common wire version: the peer speaks {oldest} to {newest}")]
    Version { oldest: u16, newest: u16 },
}
