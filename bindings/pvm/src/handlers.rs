//! Message handlers: which messages go to a function of the program instead of a receive.
//!
//! The table alone; the machine sorts arrivals by it, `task/handler.rs` calls. Part of
//! `task::State`.

use std::ffi::c_int;

use crate::code::{PvmError, Result};
use crate::machine::Want;

/// `int func(int mid)`, of the program.
pub type Function = extern "C" fn(c_int) -> c_int;

#[derive(Copy, Clone, Debug)]
pub enum Action {
    Call(Function),
    /// Output of children, for `pvm_catchout`.
    Output,
}

/// PVM's library has this many of its own, with the first numbers. Here are none: programs that
/// count on their numbers, or delete one of them, find what they expect.
const OWN: usize = 9;

#[derive(Debug, Default)]
pub struct Handlers {
    /// The first one has the number [`OWN`].
    slots: Vec<Option<(Want, Action)>>,
}

impl Handlers {
    /// `Exists` where another handler would take some of the same messages.
    pub fn add(&mut self, want: Want, action: Action) -> Result<i32> {
        if self.all().any(|(_, other)| other.meets(&want)) {
            return Err(PvmError::Exists);
        }
        let free = self.slots.iter().position(Option::is_none);
        let at = free.unwrap_or(self.slots.len());
        if free.is_none() {
            self.slots.push(None);
        }
        self.slots[at] = Some((want, action));
        i32::try_from(OWN + at).map_err(|_| PvmError::OutOfRes)
    }

    pub fn remove(&mut self, id: i32) -> Result<()> {
        let number = usize::try_from(id).map_err(|_| PvmError::BadParam)?;
        let Some(at) = number.checked_sub(OWN) else { return Ok(()) };
        let slot = self.slots.get_mut(at).ok_or(PvmError::NotFound)?;
        slot.take().map(|_| ()).ok_or(PvmError::NotFound)
    }

    pub fn action(&self, id: u32) -> Option<Action> {
        let at = (id as usize).checked_sub(OWN)?;
        self.slots.get(at)?.map(|(_, action)| action)
    }

    /// For the machine: identifiers and what each wants.
    pub fn all(&self) -> impl Iterator<Item = (u32, Want)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(at, slot)| slot.map(|(want, _)| ((OWN + at) as u32, want)))
    }

    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tid;

    fn want(from: Option<i32>, tag: Option<i32>, context: Option<i32>) -> Want {
        Want { from: from.map(Tid), tag, context }
    }

    #[test]
    fn handlers_of_the_same_messages_exclude_each_other() {
        let mut handlers = Handlers::default();
        assert_eq!(handlers.add(want(None, Some(20), None), Action::Output), Ok(9));
        let narrower = want(Some(0x40001), Some(20), Some(0));
        assert_eq!(handlers.add(narrower, Action::Output), Err(PvmError::Exists));
        assert_eq!(handlers.add(want(None, Some(21), None), Action::Output), Ok(10));
        assert_eq!(handlers.add(want(None, None, None), Action::Output), Err(PvmError::Exists));
        assert_eq!((handlers.remove(0), handlers.remove(9)), (Ok(()), Ok(())));
        assert_eq!(handlers.remove(9), Err(PvmError::NotFound));
        assert_eq!(handlers.remove(-1), Err(PvmError::BadParam));
        assert_eq!(handlers.remove(5000), Err(PvmError::NotFound));
        assert_eq!(handlers.add(narrower, Action::Output), Ok(9));
    }
}
