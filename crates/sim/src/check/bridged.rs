//! A host that the one above does not reach, and another host does, goes on in the same life: that
//! other one carries it.

use super::Held;
use crate::plan::{SECOND, Way};
use posse_wire::Incarnation;
use posse_wire::msg::HostState;

/// After the cut. Where the host is heard and hears nothing, it leaves the link itself, after 9 s.
pub fn within(way: Way) -> u64 {
    match way {
        Way::Both | Way::FromHost => 8 * SECOND,
        Way::ToHost => 13 * SECOND,
    }
}

/// `linked` by a way that holds nothing back, and in the table in the life that it had.
pub fn carried(
    linked: bool,
    table: (Option<&HostState>, Option<Incarnation>),
    before: Incarnation,
) -> Held {
    match table {
        (Some(HostState::Up), Some(now)) if linked && now == before => Ok(()),
        (state, now) => Err(format!(
            "it is {}, in the table {state:?} as incarnation {now:?}, before {before:?}",
            if linked { "linked" } else { "not linked" }
        )),
    }
}
