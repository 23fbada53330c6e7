//! Deaths are known in time, and what lives is not said to be dead.

use super::Held;
use crate::plan::SECOND;
use posse_wire::msg::HostState;

/// A daemon whose link closes is down within this, a silent one within the other.
pub const CLOSED_WITHIN: u64 = SECOND;
pub const SILENT_WITHIN: u64 = 10 * SECOND;

/// A daemon gave up a link for silence.
pub fn deserved(excuse: bool, reason: &str) -> Held {
    if !reason.starts_with("silent for") || excuse {
        return Ok(());
    }
    Err(format!("a living peer was given up: {reason}"))
}

/// The owner's word on a host that died long enough ago.
pub fn known(host: usize, state: Option<&HostState>) -> Held {
    match state {
        None | Some(HostState::Down { .. } | HostState::Launching) => Ok(()),
        other => Err(format!("h{host} is dead, the owner has it as {other:?}")),
    }
}

/// A daemon looked for a host once, and did not find it.
pub fn sought(gave_up_the_living: bool) -> Held {
    if gave_up_the_living { Err("given up at once, though it lives".to_owned()) } else { Ok(()) }
}
