//! Changes of names as they happen. Made by `Names::watch`.

use crate::answers::{Pending, decode};
use crate::{Error, NameEntry};
use posse_wire::msg::{Named, Names as Ask};
use std::time::Instant;

/// What became of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameChange {
    /// It is so now.
    Is(NameEntry),
    /// Nobody has it any more.
    Released(String),
    /// Changes may have been missed: list the names again.
    Missed,
}

/// Changes of names, in the order in which they happened. Of those that nobody takes the oldest
/// are dropped, which a [`NameChange::Missed`] says.
pub struct NameWatch {
    pending: Pending,
    over: bool,
}

impl NameWatch {
    pub(super) fn new(pending: Pending) -> NameWatch {
        NameWatch { pending, over: false }
    }

    /// The next change; [`Error::Deadline`] where none comes before the deadline.
    pub fn next_change(&mut self, deadline: Option<Instant>) -> Result<NameChange, Error> {
        if self.pending.take_missed() > 0 {
            return Ok(NameChange::Missed);
        }
        match decode(&self.pending.next(deadline)?)? {
            Named::Changed { entry: Some(entry), .. } => Ok(NameChange::Is(entry)),
            Named::Changed { name, entry: None } => Ok(NameChange::Released(name)),
            _ => Ok(NameChange::Missed),
        }
    }
}

impl Iterator for NameWatch {
    type Item = Result<NameChange, Error>;

    /// Ends after the error that the end of the connection is.
    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let change = self.next_change(None);
        self.over = change.is_err();
        Some(change)
    }
}

impl Drop for NameWatch {
    fn drop(&mut self) {
        // A connection that is lost has no watches either.
        let _ = self.pending.send_more(&Ask::Stop);
    }
}
