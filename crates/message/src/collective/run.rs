//! Runs a schedule: says what is to be sent and received, takes what was received, combines, and
//! has the result in the end. Called by drivers, through faces.

use std::collections::VecDeque;

use bytes::Bytes;
use thiserror::Error;

use super::cells::{pack, unpack};
use super::schedule::{Op, Schedule};

/// What a driver is to do. It need not wait for one before it fetches the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    Send { to: usize, slot: u32, payload: Bytes },
    Receive { from: usize, slot: u32 },
}

/// A member sent something else than its part of the schedule: it called another collective, or
/// gave other lengths.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
#[error("member {from} takes part in another way, or in something else")]
pub struct Garbled {
    pub from: usize,
}

/// Combines two operands, which are given in the order of ranks. Associative, and the same at all
/// members. Commutative where the algorithm says so.
pub type Combine<'a> = dyn FnMut(&[u8], &[u8]) -> Bytes + 'a;

/// One member's part in one collective.
#[derive(Debug)]
pub struct Collective {
    schedule: Schedule,
    cells: Vec<Bytes>,
    round: usize,
    asks: VecDeque<Ask>,
    /// Receives of the round that have not come: the slots and from whom, and the cells.
    missing: Vec<(usize, u32, Vec<usize>)>,
}

impl Collective {
    /// Begins with these cells; those that are missing are empty.
    pub fn new(schedule: Schedule, mut cells: Vec<Bytes>, combine: &mut Combine) -> Collective {
        cells.resize(schedule.cells.max(cells.len()), Bytes::new());
        let (asks, missing) = (VecDeque::new(), vec![]);
        let mut new = Collective { schedule, cells, round: 0, asks, missing };
        new.enter();
        new.advance(combine);
        new
    }

    /// What is to be done next. `None` until something has arrived, or for good.
    pub fn next_ask(&mut self) -> Option<Ask> {
        self.asks.pop_front()
    }

    /// What a receive that was asked for has got.
    pub fn arrived(
        &mut self,
        from: usize,
        slot: u32,
        payload: Bytes,
        combine: &mut Combine,
    ) -> Result<(), Garbled> {
        let is_it = |(f, s, _): &(usize, u32, Vec<usize>)| (*f, *s) == (from, slot);
        let at = self.missing.iter().position(is_it).ok_or(Garbled { from })?;
        let (_, _, cells) = self.missing.swap_remove(at);
        let parts = unpack(payload, cells.len()).ok_or(Garbled { from })?;
        for (cell, part) in cells.into_iter().zip(parts) {
            self.cells[cell] = part;
        }
        self.advance(combine);
        Ok(())
    }

    /// Whether all has arrived that was to arrive, and all sends have been fetched.
    pub fn is_done(&self) -> bool {
        self.round >= self.schedule.rounds.len() && self.asks.is_empty()
    }

    /// The cells at the end.
    pub fn into_cells(self) -> Vec<Bytes> {
        self.cells
    }

    /// Members with which something is left to be sent or received.
    pub fn partners(&self) -> Vec<usize> {
        let rounds = self.schedule.rounds.iter().skip(self.round).flatten();
        let peers = rounds.filter_map(|op| match op {
            Op::Send { to: peer, .. } | Op::Receive { from: peer, .. } => Some(*peer),
            Op::Combine { .. } | Op::Copy { .. } => None,
        });
        let mut peers: Vec<usize> = peers.collect();
        peers.sort_unstable();
        peers.dedup();
        peers
    }

    /// Asks for all of the round at once: what is sent is what the cells hold now.
    fn enter(&mut self) {
        for op in self.schedule.rounds.get(self.round).into_iter().flatten() {
            match op {
                Op::Send { to, slot, cells } => {
                    let cells: Vec<&Bytes> = cells.iter().map(|cell| &self.cells[*cell]).collect();
                    let payload = pack(&cells);
                    self.asks.push_back(Ask::Send { to: *to, slot: *slot, payload });
                }
                Op::Receive { from, slot, cells } => {
                    self.asks.push_back(Ask::Receive { from: *from, slot: *slot });
                    self.missing.push((*from, *slot, cells.clone()));
                }
                Op::Combine { .. } | Op::Copy { .. } => {}
            }
        }
    }

    /// Ends rounds of which nothing is missing.
    fn advance(&mut self, combine: &mut Combine) {
        while self.missing.is_empty() && self.round < self.schedule.rounds.len() {
            for op in &self.schedule.rounds[self.round] {
                match op {
                    Op::Combine { left, right, into } => {
                        let combined = combine(&self.cells[*left], &self.cells[*right]);
                        self.cells[*into] = combined;
                    }
                    Op::Copy { from, into } => self.cells[*into] = self.cells[*from].clone(),
                    Op::Send { .. } | Op::Receive { .. } => {}
                }
            }
            self.round += 1;
            self.enter();
        }
    }
}
