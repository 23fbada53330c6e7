//! The mailbox: an entry is there while its owner lives, with its value, and goes with its owner.

use super::Held;

/// What its owner found where it had left this.
pub fn found(found: Option<&[u8]>, left: &[u8]) -> Held {
    match found {
        Some(value) if value == left => Ok(()),
        Some(_) => Err("its entry has another value".to_owned()),
        None => Err("its entry is gone".to_owned()),
    }
}

/// Somebody listed an entry of an owner that is over, and whose entries were to be gone by then.
pub fn goes(now: u64, by: Option<u64>) -> Held {
    match by {
        Some(by) if now > by => Err("an entry is there whose owner is over for long".to_owned()),
        _ => Ok(()),
    }
}
