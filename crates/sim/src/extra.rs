//! What some worlds have beside the rest: processes that take part in messages, and an owner that
//! is cut off while another host leads. Drawn from a chance of its own, so that worlds without them
//! stay as they were. Called by `case.rs`.

use crate::chance::{Chance, mix};
use crate::plan::{Fault, MS, Plan, SECOND, Way};

/// Sets this chance apart from that of the rest.
const APART: u64 = 0x7461_6c6b;

/// Processes with engines, at most: who talks with whom grows with the square.
const TALKERS_MAX: u64 = 8;

/// Processes that take part in messages.
#[derive(Clone, Copy, Debug)]
pub struct Talkers {
    pub count: usize,
    /// What they do is drawn from here.
    pub seed: u64,
}

impl Plan {
    /// Adds what this seed has of it; `draw` changes what processes do.
    pub fn draw_extra(&mut self, seed: u64, draw: u64) {
        let mut chance = Chance::new(mix(seed ^ APART));
        if chance.percent(25) {
            let count = chance.between(2, TALKERS_MAX) as usize;
            let seed = chance.number() ^ draw;
            self.talkers = Some(Talkers { count, seed });
        }
        let least = if self.talkers.is_some() { 3 } else { 4 };
        if self.hosts >= least && chance.percent(8) {
            self.draw_split(&mut chance);
        }
    }

    /// The owner and fewer than half of the hosts on one side. Sometimes a host is carried by
    /// another one when it begins, or comes to be while it lasts.
    fn draw_split(&mut self, chance: &mut Chance) {
        let mut at = self.faults_end() + chance.below(SECOND);
        if chance.percent(50) {
            let host = 1 + chance.below(self.hosts as u64) as usize;
            let us = chance.between(6 * SECOND, 20 * SECOND);
            let part = Fault::Part { host, us, way: Way::Both, with_others: false };
            self.faults.push((at, part));
            at += chance.between(SECOND, us);
        }
        let most = self.hosts.min(64).div_ceil(2) - 1;
        let mut with_owner = 0;
        for _ in 0..chance.below(most as u64 + 1) {
            with_owner |= 1 << chance.below(self.hosts.min(64) as u64);
        }
        let short = chance.percent(25);
        let (least, longest) = if short { (SECOND, 8 * SECOND) } else { (8 * SECOND, 30 * SECOND) };
        let us = chance.between(least, longest);
        self.faults.push((at, Fault::Split { us, with_owner }));
        if chance.percent(40) {
            let host = 1 + chance.below(self.hosts as u64) as usize;
            let fault = [Fault::Cut { host }, Fault::Kill { host }][chance.below(2) as usize];
            self.faults.push((at + chance.below(us + 5 * SECOND), fault));
        }
        if chance.percent(40) {
            self.faults.push((at + us + chance.below(10 * SECOND) + 500 * MS, Fault::UpAgain));
        }
    }
}
