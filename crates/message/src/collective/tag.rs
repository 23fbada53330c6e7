//! Tags of the messages of collectives, in a scope that the group has for them alone.

/// Of the message that tells that the group is broken. No collective has it.
pub const BROKEN: i64 = -1;

/// Of the message with this slot in this collective of the group, counted by every member alike.
/// Two that are 2^39 apart have the same.
pub fn tag(collective: u64, slot: u32) -> i64 {
    let (collective, slot) = (collective & ((1 << 39) - 1), u64::from(slot) & 0xff_ffff);
    (collective << 24 | slot) as i64
}
