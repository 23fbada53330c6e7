//! Batches that come after others: what is counted for them, and what becomes of their tasks when
//! those before are done, or can not be.

use super::table::Job;
use super::{Kept, State};

impl Job {
    /// Takes a batch in behind those that it comes after.
    pub(super) fn follow(&mut self, mut kept: Kept) {
        kept.after.sort_unstable();
        kept.after.dedup();
        let number = self.batches.len() as u32;
        for before in &kept.after {
            let before = &mut self.batches[*before as usize];
            if before.left > 0 {
                before.followers.push(number);
                kept.waits += 1;
            }
        }
        self.batches.push(kept);
    }

    /// Where tasks of a batch begin, as far as the batches before it go.
    pub(super) fn begins(&self, number: usize) -> State {
        let batch = &self.batches[number];
        let mut before = batch.after.iter().map(|before| &self.batches[*before as usize]);
        if before.any(|before| before.bad > 0) {
            State::Skipped
        } else if batch.waits > 0 {
            State::Waiting
        } else {
            State::Ready
        }
    }

    /// A waiting task is ready, if it waits for no task and no batch.
    pub(super) fn ready_if_free(&mut self, index: u32) {
        let free = self.graph.waits(index) == 0 && self.batch_of(index).waits == 0;
        if free && self.state(index) == Some(State::Waiting) {
            self.shift(index, State::Ready);
            self.queue(index);
        }
    }

    pub(super) fn count_in_batch(&mut self, index: u32, from: State, to: State) {
        if from.is_over() == to.is_over() {
            return;
        }
        let number = self.batch_number(index);
        let batch = &mut self.batches[number];
        match to {
            State::Done => batch.left -= 1,
            to if to.is_over() => batch.bad += 1,
            _ => batch.bad -= 1,
        }
    }

    /// A task is over: what that means for batches after its own. Tasks to be skipped are put
    /// into `work`. Each batch is gone through once for each batch before it.
    pub(super) fn batch_follows(&mut self, index: u32, state: State, work: &mut Vec<(u32, State)>) {
        let number = self.batch_number(index);
        let batch = &self.batches[number];
        let (done, first_bad) = (batch.left == 0, state != State::Done && batch.bad == 1);
        if batch.followers.is_empty() || !(done || first_bad) {
            return;
        }
        for follower in batch.followers.clone() {
            let follower = follower as usize;
            let range = self.batches[follower].range();
            if first_bad {
                let waits = range.filter(|index| self.state(*index) == Some(State::Waiting));
                work.extend(waits.map(|index| (index, State::Skipped)));
                continue;
            }
            self.batches[follower].waits -= 1;
            if self.batches[follower].waits == 0 {
                range.for_each(|index| self.ready_if_free(index));
            }
        }
    }
}
