//! The owner's table comes to agree with the world: a host is up there if and only if its daemon
//! is linked, by itself or through relays that are, and both count the same life of it.

use posse_wire::Incarnation;
use posse_wire::msg::{HostState, Led};

/// What does not agree yet, where something does not.
pub fn disagree(host: usize, linked: bool, state: Option<&HostState>) -> Option<String> {
    let up = state == Some(&HostState::Up);
    if up == linked {
        return None;
    }
    let is = if linked { "linked" } else { "not linked" };
    Some(format!("h{host} is {is}, the owner has it as {state:?}"))
}

/// A linked host that is not yet told which incarnation the table has.
pub fn another_life(
    host: usize,
    own: Option<Incarnation>,
    table: Option<Incarnation>,
) -> Option<String> {
    let (own, table) = (own?.0, table?.0);
    (own != table).then(|| format!("h{host} is incarnation {own}, the owner has {table}"))
}

/// A linked host that follows another than the one that leads, or has an old lead of it.
pub fn another_lead(host: usize, own: Option<&Led>, leader: &Led) -> Option<String> {
    let own = own?;
    (own != leader).then(|| format!("h{host} follows {own:?}, {leader:?} leads"))
}
