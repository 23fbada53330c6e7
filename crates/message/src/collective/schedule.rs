//! What one member does in a collective: rounds, one after the other. Made by the algorithms, run
//! by `run`. The form is that of LibNBC (Hoefler et al. 2007).

/// One thing that a member does. Ranks are those of the group, from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// Sends these cells, as they are when the round begins. The slot tells the messages of one
    /// pair in one collective apart.
    Send { to: usize, slot: u32, cells: Vec<usize> },
    /// Receives as many cells as the other one sends, into these.
    Receive { from: usize, slot: u32, cells: Vec<usize> },
    /// Puts the combination of two cells, in this order, into a cell.
    Combine { left: usize, right: usize, into: usize },
    /// Puts what one cell holds into another one too.
    Copy { from: usize, into: usize },
}

/// Sends and receives of a round are under way together; when all has been received, the others
/// are done in their order.
pub type Round = Vec<Op>;

/// All of one member. What cells it begins with, and which hold the result, its algorithm says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Schedule {
    pub rounds: Vec<Round>,
    pub cells: usize,
}

impl Schedule {
    pub(super) fn new(cells: usize) -> Schedule {
        Schedule { rounds: vec![], cells }
    }

    pub(super) fn round(&mut self, ops: impl Into<Round>) {
        let ops = ops.into();
        if !ops.is_empty() {
            self.rounds.push(ops);
        }
    }

    /// Does another one of the same cells after this one. Its slots begin at `slot`.
    pub(super) fn then(&mut self, next: Schedule, slot: u32) {
        self.cells = self.cells.max(next.cells);
        for mut round in next.rounds {
            for op in &mut round {
                if let Op::Send { slot: s, .. } | Op::Receive { slot: s, .. } = op {
                    *s += slot;
                }
            }
            self.rounds.push(round);
        }
    }
}
