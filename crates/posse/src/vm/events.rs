//! What happens to the vm, as it happens.

use super::Vm;
use crate::Error;
use crate::answers::{Pending, WhenFull, decode};
use posse_wire::msg::{Event, Watch};
use posse_wire::{Kind, Message, limits};
use std::time::Instant;

/// Events of the vm. Of those that nobody takes the oldest are dropped and counted.
pub struct Events {
    pending: Pending,
    over: bool,
}

impl Vm {
    /// Events from now on; with `recent` those that the daemon still remembers come first.
    pub fn events(&self, recent: bool) -> Result<Events, Error> {
        // Every host may come and go once before an event is lost.
        let (kinds, bound) = (&[Kind::Event], 2 * limits::TARGETS_MAX);
        let watch = Watch { recent };
        let link = &self.inner.link;
        let pending =
            Pending::send(link, kinds, bound, WhenFull::DropOldest, |id| watch.frame(id))?;
        Ok(Events { pending, over: false })
    }
}

impl Events {
    /// The next event; [`Error::Deadline`] where none comes before the deadline.
    pub fn next_event(&mut self, deadline: Option<Instant>) -> Result<Event, Error> {
        decode(&self.pending.next(deadline)?)
    }

    /// How many were dropped since this was last asked.
    pub fn missed(&self) -> u64 {
        self.pending.take_missed()
    }
}

impl Iterator for Events {
    type Item = Result<Event, Error>;

    /// Ends after the error that the end of the connection is.
    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let event = self.next_event(None);
        self.over = event.is_err();
        Some(event)
    }
}
