//! Contexts: numbers that no two hold at a time. A message is received in the context that it was
//! sent in, so a library that has one of its own never takes another's.
//!
//! A number is freed by whoever asks, as in PVM, or with the process that asked for it. It is not
//! given out again before all others were, so that who inherited it may use it a while longer.

use posse_wire::{ProcessId, limits};
use std::collections::{BTreeMap, BTreeSet};

/// Faces have small numbers for themselves: PVM's own contexts lie below 2^19.
const FIRST: u32 = 1 << 20;
/// They are positive C integers.
const END: u32 = 1 << 31;
/// Each daemon begins at another multiple of this, since it does not know what the last one gave.
const APART: u32 = 1 << 20;

#[derive(Debug)]
pub(super) struct Contexts {
    held: BTreeMap<u32, ProcessId>,
    of: BTreeMap<ProcessId, BTreeSet<u32>>,
    next: u32,
}

impl Contexts {
    pub fn new(boot: u64) -> Contexts {
        let places = u64::from((END - FIRST) / APART);
        let next = FIRST + ((boot ^ boot >> 32) % places) as u32 * APART;
        Contexts { held: BTreeMap::new(), of: BTreeMap::new(), next }
    }

    /// None where as many are held as may be.
    pub fn allot(&mut self, by: ProcessId) -> Option<u32> {
        if self.held.len() >= limits::CONTEXTS_MAX {
            return None;
        }
        // Ends: far more numbers are free than held.
        while self.held.contains_key(&self.next) {
            self.advance();
        }
        let context = self.next;
        self.advance();
        self.hold(by, context);
        Some(context)
    }

    fn advance(&mut self) {
        self.next = if self.next + 1 < END { self.next + 1 } else { FIRST };
    }

    fn hold(&mut self, by: ProcessId, context: u32) {
        self.held.insert(context, by);
        self.of.entry(by).or_default().insert(context);
    }

    /// It has this one already; false where another process has it, or it is none.
    pub fn keep(&mut self, by: ProcessId, context: u32) -> bool {
        let room = self.held.len() < limits::CONTEXTS_MAX;
        let free = match self.held.get(&context) {
            Some(holder) => *holder == by,
            None => room && (FIRST..END).contains(&context),
        };
        if free {
            self.hold(by, context);
        }
        free
    }

    /// False where nobody has it.
    pub fn free(&mut self, context: u32) -> bool {
        let Some(by) = self.held.remove(&context) else { return false };
        if let Some(all) = self.of.get_mut(&by) {
            all.remove(&context);
            if all.is_empty() {
                self.of.remove(&by);
            }
        }
        true
    }

    pub fn gone(&mut self, by: ProcessId) {
        for context in self.of.remove(&by).unwrap_or_default() {
            self.held.remove(&context);
        }
    }

    pub fn count(&self) -> usize {
        self.held.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ProcessId = ProcessId(1);
    const B: ProcessId = ProcessId(2);

    #[test]
    fn numbers_are_unique_kept_and_freed_with_their_process() {
        let mut contexts = Contexts::new(7);
        let first = contexts.allot(A);
        let second = contexts.allot(B);
        assert_ne!(first, second);
        let (first, second) = (first.unwrap_or(0), second.unwrap_or(0));
        assert!((FIRST..END).contains(&first) && (FIRST..END).contains(&second));
        assert!(contexts.keep(A, first) && !contexts.keep(A, second) && !contexts.keep(A, 5));
        assert!(contexts.free(second), "by anybody");
        assert!(!contexts.free(second));
        contexts.gone(A);
        assert_eq!(contexts.count(), 0);
        assert_ne!(contexts.allot(A), Some(first), "not soon again");
    }

    #[test]
    fn the_last_number_is_followed_by_the_first_free_one() {
        let mut contexts = Contexts::new(0);
        contexts.next = END - 1;
        assert!(contexts.keep(B, FIRST));
        assert_eq!(contexts.allot(A), Some(END - 1));
        assert_eq!(contexts.allot(A), Some(FIRST + 1));
        assert_ne!(Contexts::new(1).next, Contexts::new(2).next);
    }
}
