//! What can be wrong with a kept or received state.

use posse_wire::WireError;
use thiserror::Error;

#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum StateError {
    #[error("a snapshot of the control state does not decode: {0}")]
    Wire(#[from] WireError),
    #[error("a snapshot of the control state is not whole")]
    Incomplete,
    #[error("a file of the control state holds a record that belongs in another")]
    Misplaced,
    #[error("a snapshot of the control state is over its limits")]
    TooLarge,
}
