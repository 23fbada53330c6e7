//! Lives are told apart: a daemon that starts again on its host has a higher incarnation than the
//! one before.

use super::Held;
use posse_wire::Incarnation;

/// A life of a host, as its number in this world and as the vm counts it.
pub type Life = (u32, Incarnation);

/// A daemon was welcomed.
pub fn raised(before: Option<Life>, now: Life) -> Held {
    match before {
        Some(before) if before.0 != now.0 && before.1 >= now.1 => {
            Err(format!("is incarnation {} as an earlier life was", now.1.0))
        }
        _ => Ok(()),
    }
}
