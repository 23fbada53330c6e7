//! A short wait that does not sleep, where that costs nobody a core.
//!
//! Called by a waiter before it asks its doorbell for leave to sleep.

use super::page::Permits;
use super::slots::Owner;
use crate::limits::YIELDS;
use std::hint::spin_loop;
use std::thread;
use std::time::{Duration, Instant};

/// Looks between two looks at the clock, which takes as long as a few of them.
const LOOKS_PER_CLOCK: u32 = 32;

/// An answer from a core of its own is there by then. After it, one that is to answer may be
/// waiting for this core: others are let run between looks.
const ALONE: Duration = Duration::from_micros(5);

/// How a spin ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spun {
    /// What was waited for is there.
    Ready,
    /// It is not; sleep.
    Block,
}

/// One waiter's spinning.
#[derive(Debug)]
pub struct Spinner {
    owner: Owner,
    within: Duration,
    hint: usize,
}

impl Spinner {
    /// Spins for `within` at most: about as long as this machine takes to wake a sleeper, since a
    /// longer spin costs more than the sleep that it saves.
    pub fn new(owner: Owner, within: Duration) -> Spinner {
        Spinner { owner, within, hint: 0 }
    }

    /// Looks at `ready` again and again for the given time while it holds a permit; without one,
    /// a few times, letting others run between. The permit is given back before this returns.
    pub fn spin(&mut self, permits: &Permits, mut ready: impl FnMut() -> bool) -> Spun {
        if ready() {
            return Spun::Ready;
        }
        // A page that can not be used gives no permit.
        let Ok(Some(_permit)) = permits.take(self.owner, &mut self.hint) else {
            return self.yielding(ready);
        };
        let start = Instant::now();
        loop {
            for _ in 0..LOOKS_PER_CLOCK {
                spin_loop();
                if ready() {
                    return Spun::Ready;
                }
            }
            let spun = start.elapsed();
            if spun >= self.within {
                return Spun::Block;
            }
            if spun >= ALONE {
                thread::yield_now();
            }
        }
    }

    /// What is left where nobody may spin: lets others run a few times, and looks between.
    pub fn yielding(&self, mut ready: impl FnMut() -> bool) -> Spun {
        for _ in 0..YIELDS {
            thread::yield_now();
            if ready() {
                return Spun::Ready;
            }
        }
        Spun::Block
    }
}
