//! When which peer is to be looked at next: a binary heap in which each has one place at most, so
//! that a time can be changed. Allocates nothing in a steady state. Called by `state`.

use std::time::Duration;

use crate::slab::Key;

#[derive(Debug, Default)]
pub struct Timers {
    heap: Vec<(Duration, Key)>,
    /// By index of the key: where it stands in the heap, counted from 1; 0 if nowhere.
    places: Vec<usize>,
}

impl Timers {
    pub fn earliest(&self) -> Option<(Duration, Key)> {
        self.heap.first().copied()
    }

    /// Sets, changes or removes the time of a peer.
    pub fn set(&mut self, key: Key, time: Option<Duration>) {
        if self.places.len() <= key.index() {
            self.places.resize(key.index() + 1, 0);
        }
        match (self.places[key.index()], time) {
            (0, None) => {}
            (0, Some(time)) => {
                self.heap.push((time, key));
                self.up(self.heap.len() - 1);
            }
            (place, Some(time)) if self.heap[place - 1].0 == time => {}
            (place, Some(time)) => {
                self.heap[place - 1].0 = time;
                self.mend(place - 1);
            }
            (place, None) => {
                self.places[key.index()] = 0;
                self.heap.swap_remove(place - 1);
                if place <= self.heap.len() {
                    self.mend(place - 1);
                }
            }
        }
    }

    fn mend(&mut self, at: usize) {
        let at = self.up(at);
        self.down(at);
    }

    fn up(&mut self, mut at: usize) -> usize {
        while at > 0 && self.heap[at].0 < self.heap[(at - 1) / 2].0 {
            self.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
        self.note(at);
        at
    }

    fn down(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.heap[child].0 < self.heap[least].0 {
                    least = child;
                }
            }
            if least == at {
                return self.note(at);
            }
            self.swap(at, least);
            at = least;
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.note(a);
        self.note(b);
    }

    fn note(&mut self, at: usize) {
        self.places[self.heap[at].1.index()] = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slab::Slab;

    #[test]
    fn times_come_in_order_whatever_changes() {
        let mut slab = Slab::default();
        let keys: Vec<Key> = (0..50).map(|n| slab.insert(n)).collect();
        let (mut timers, mut times) = (Timers::default(), vec![None; 50]);
        let mut state = 7u64;
        for _ in 0..5_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (state >> 33) as usize % 50;
            let time = (state >> 40) % 20;
            times[at] = (time > 4).then(|| Duration::from_millis(time));
            timers.set(keys[at], times[at]);
            let earliest = times.iter().flatten().min();
            assert_eq!(timers.earliest().map(|(time, _)| time), earliest.copied());
        }
        while let Some((time, key)) = timers.earliest() {
            assert_eq!(times[key.index()].take(), Some(time));
            timers.set(key, None);
        }
        assert!(times.iter().all(Option::is_none));
    }
}
