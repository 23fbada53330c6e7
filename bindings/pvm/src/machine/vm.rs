//! Which machine a process is part of: the vm that its daemon belongs to.
//!
//! The one place where the library meets the message engine. Called by the C functions
//! (`abi/guard.rs`) when a program first needs the world.

use std::sync::{Arc, OnceLock};

use super::Machine;
use crate::code::{PvmError, Result};
use crate::task::Connect;

static STAND_IN: OnceLock<Connect> = OnceLock::new();

/// Enrol this process. The message engine is not part of posse yet, so that no daemon can be
/// asked: programs load, and are told that it cannot be contacted.
pub fn connect() -> Result<Arc<dyn Machine>> {
    STAND_IN.get().map_or(Err(PvmError::SysErr), |connect| connect())
}

/// For tests: what the C functions of this process enrol in instead of the vm. The first one
/// stays.
pub fn stand_in(connect: Connect) {
    let _the_first_stays = STAND_IN.set(connect);
}
