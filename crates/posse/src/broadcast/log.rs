//! The bytes of a broadcast that some process still needs: the newest in memory, older ones in a
//! store. Bounded by what it is made with. Not for who needs what (`fanout`).

use super::policy::Policy;
use super::store::Store;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::io;

/// Offsets count from the start of the stream: `start ≤ stored ≤ end`; `start..stored` lies in the
/// store, used as a ring of `store_max` bytes, and `stored..end` in memory.
#[derive(Debug)]
pub(super) struct Log<S> {
    start: u64,
    stored: u64,
    memory: VecDeque<u8>,
    memory_max: usize,
    /// Of memory, for what is sent and not acknowledged.
    window: usize,
    store: S,
    store_max: u64,
    /// The disk is full or broken: what is stored can be read, nothing more is written.
    store_failed: bool,
}

impl<S: Store> Log<S> {
    pub(super) fn new(store: S, policy: Policy, window: u32) -> Log<S> {
        let window = window as usize;
        let (memory_max, store_max) = (policy.memory() + window, policy.disk());
        let (memory, store_failed) = (VecDeque::new(), false);
        Log { start: 0, stored: 0, memory, memory_max, window, store, store_max, store_failed }
    }

    /// Only while nothing is stored: the ring's size is part of where bytes lie.
    pub(super) fn set_policy(&mut self, policy: Policy) {
        if self.start == self.stored {
            self.memory_max = policy.memory() + self.window;
            self.store_max = policy.disk();
        }
    }

    #[cfg(test)]
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn end(&self) -> u64 {
        self.stored + self.memory.len() as u64
    }

    /// How many bytes it still takes.
    pub(super) fn room(&self) -> usize {
        let in_memory = self.memory_max.saturating_sub(self.memory.len());
        if self.store_failed || self.store_max == 0 {
            return in_memory;
        }
        let in_store = self.store_max - (self.stored - self.start);
        in_memory.saturating_add(usize::try_from(in_store).unwrap_or(usize::MAX))
    }

    /// Takes the bytes, which [`Log::room`] must allow. A store that fails makes `room` smaller
    /// instead of losing anything.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.memory.extend(bytes);
        let over = self.memory.len().saturating_sub(self.memory_max);
        if over > 0 && !self.store_failed && self.spill(over).is_err() {
            self.store_failed = true;
        }
    }

    fn spill(&mut self, mut count: usize) -> io::Result<()> {
        while count > 0 {
            let position = self.stored % self.store_max;
            let oldest = self.memory.as_slices().0;
            let until_wrap = usize::try_from(self.store_max - position).unwrap_or(usize::MAX);
            let take = count.min(oldest.len()).min(until_wrap);
            self.store.write_at(position, &oldest[..take])?;
            self.memory.drain(..take);
            self.stored += take as u64;
            count -= take;
        }
        Ok(())
    }

    /// The bytes from `offset` on, at most `max`; within `start..end`.
    pub(super) fn read(&mut self, offset: u64, max: usize) -> io::Result<Bytes> {
        let length = usize::try_from(self.end() - offset).unwrap_or(max).min(max);
        let mut bytes = BytesMut::with_capacity(length);
        let mut at = offset;
        while bytes.len() < length && at < self.stored {
            let position = at % self.store_max;
            let left = (length - bytes.len()) as u64;
            let take = left.min(self.stored - at).min(self.store_max - position);
            let old = bytes.len();
            bytes.resize(old + take as usize, 0);
            self.store.read_at(position, &mut bytes[old..])?;
            at += take;
        }
        let left = length - bytes.len();
        if left > 0 {
            let skip = (at - self.stored) as usize;
            let (front, back) = self.memory.as_slices();
            let first = front.get(skip..).unwrap_or_default();
            let first = &first[..first.len().min(left)];
            bytes.extend_from_slice(first);
            let skip = skip.saturating_sub(front.len());
            bytes.extend_from_slice(&back[skip..][..left - first.len()]);
        }
        Ok(bytes.freeze())
    }

    /// Nobody needs what lies before `offset`.
    pub(super) fn discard_to(&mut self, offset: u64) {
        if offset <= self.start {
            return;
        }
        if offset < self.stored {
            self.start = offset;
            return;
        }
        if self.start < self.stored && self.store.clear().is_err() {
            self.store_failed = true;
        }
        self.memory.drain(..(offset - self.stored) as usize);
        (self.start, self.stored) = (offset, offset);
    }
}
