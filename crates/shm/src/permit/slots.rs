//! The slots of the page: one word a permit, zero or its owner.
//!
//! Taking and giving back are one compare-and-swap each, so no two hold the same permit, and the
//! daemon that takes back a dead owner's permits frees none that is another's by now. A process
//! that writes garbage here costs others their permits, and so some speed. Used by `page`.

use crate::error::Fault;
use crate::memory::Memory;
use crate::sync::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::num::NonZeroU64;

/// Who holds a permit: a number that the daemon knows a process by, never used again.
pub type Owner = NonZeroU64;

/// Leave to spin, given back when it is dropped.
#[derive(Debug)]
pub struct Permit<'a> {
    slot: &'a AtomicU64,
    owner: Owner,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        // Fails where the daemon has taken it back, and then it is not ours to give.
        let (owner, free) = (self.owner.get(), 0);
        let _taken_back = self.slot.compare_exchange(owner, free, Release, Relaxed);
    }
}

/// A permit for this owner, if one is free. `hint` is the slot to try first: the last one that was
/// got, so that those who come again do not meet.
pub(super) fn take<'a>(
    memory: &'a impl Memory,
    owner: Owner,
    hint: &mut usize,
) -> Result<Option<Permit<'a>>, Fault> {
    let slots = memory.words()?;
    for turn in 0..slots.len() {
        let place = hint.wrapping_add(turn) % slots.len();
        let slot = &slots[place];
        // A look first: a failed exchange would take the line from its holder all the same.
        let free = slot.load(Relaxed) == 0;
        if free && slot.compare_exchange(0, owner.get(), Acquire, Relaxed).is_ok() {
            *hint = place;
            return Ok(Some(Permit { slot, owner }));
        }
    }
    Ok(None)
}

/// Frees what dead owners hold; says how many permits that were.
pub(super) fn reclaim(
    memory: &impl Memory,
    is_dead: impl Fn(Owner) -> bool,
) -> Result<usize, Fault> {
    let slots = memory.words()?;
    let held = slots.iter().filter(|slot| {
        let owner = slot.load(Relaxed);
        let dead = Owner::new(owner).is_some_and(&is_dead);
        dead && slot.compare_exchange(owner, 0, Release, Relaxed).is_ok()
    });
    Ok(held.count())
}
