//! A query gets one reply for each host that it named, and no other.

use super::Held;
use posse_wire::HostId;
use std::collections::BTreeSet;

pub fn once(waiting: &mut BTreeSet<HostId>, host: HostId) -> Held {
    if waiting.remove(&host) {
        return Ok(());
    }
    Err(format!("h{host} answered twice, or was not asked"))
}
