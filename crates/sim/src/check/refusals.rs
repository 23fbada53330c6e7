//! Daemons and front ends that keep to the protocol are never refused: a link closes only for
//! reasons that lie in the world.

use super::Held;

/// Reasons that need no fault of either side. The silent ones have their own check, `death`.
const REASONS: [&str; 19] = [
    "silent for",
    "not heard",
    "no handshake in",
    "a newer link to",
    "a direct link to",
    "removed from the vm",
    "this host is reached another way",
    "this host is not, or no longer",
    "this host is no longer",
    "another host leads this vm",
    "this host leads the vm now",
    "only the owner's daemon can admit",
    "this host has lost its way",
    "this host is not yet of its vm",
    "this host was declared down",
    // A front end on a host that does not lead, where who leads has said why.
    "closed",
    "Group: another host leads this vm now",
    "Mail: another host leads this vm now",
    "the way to the daemon that leads",
];

pub fn expected(reason: &str) -> Held {
    if REASONS.iter().any(|known| reason.starts_with(known)) {
        return Ok(());
    }
    Err(format!("a link was refused: {reason}"))
}
