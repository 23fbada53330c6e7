//! Which machine a process is part of: the vm that its daemon belongs to.
//!
//! The one place where the library meets the message engine. Called by the C functions
//! (`abi/guard.rs`) when a program first needs the world.

use std::sync::Arc;

use super::Machine;
use crate::code::{PvmError, Result};

/// Enrol this process. The message engine is not part of posse yet, so that no daemon can be
/// asked: programs load, and are told that it cannot be contacted.
pub fn connect() -> Result<Arc<dyn Machine>> {
    Err(PvmError::SysErr)
}
