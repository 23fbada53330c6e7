//! What is still to happen, by time, and what is for the same time in the order in which it was
//! put in. Called by `turn.rs`.

use super::Event;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Events stay where they are put until it is their turn: only keys are sorted.
#[derive(Debug, Default)]
pub struct Queue {
    keys: BinaryHeap<Reverse<(u64, u64, u32)>>,
    events: Vec<Option<Event>>,
    free: Vec<u32>,
    put: u64,
}

impl Queue {
    pub fn put(&mut self, at: u64, event: Event) {
        let place = self.free.pop().unwrap_or_else(|| {
            self.events.push(None);
            (self.events.len() - 1) as u32
        });
        self.events[place as usize] = Some(event);
        self.keys.push(Reverse((at, self.put, place)));
        self.put += 1;
    }

    pub fn take(&mut self) -> Option<(u64, Event)> {
        let Reverse((at, _, place)) = self.keys.pop()?;
        self.free.push(place);
        Some((at, self.events[place as usize].take()?))
    }
}
