//! Virtual processes with an engine of `posse_message` each, unmodified: enrolled at their host's
//! daemon, and clients of the board. Called **talkers**; `process` has those of commands.
//!
//! - `life`: they begin, enrol, end
//! - `chat`: what they send and receive
//! - `ring`: their collectives
//! - `desk`, `script`: groups, contexts and mailbox, over connections that are lost and made again
//! - `over`: what is still waited for, and what must hold at the end

mod chat;
mod desk;
mod life;
mod over;
mod ring;
mod script;

use crate::chance::Chance;
use crate::check::barriers::Rounds;
use crate::check::fifo::Book;
use life::Talker;
use posse_wire::ProcessId;
use std::collections::{BTreeMap, BTreeSet};

/// What happens to a talker.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Begin,
    /// It does something.
    Step,
    /// Its engine wants to look at the time.
    Tick {
        at: u64,
    },
    /// It asks again after those that it knows.
    Again,
    /// It begins the next collective.
    Collective,
    /// It connects to the board, or goes on there with its connection of this number.
    Desk {
        connection: u32,
    },
    Dies,
}

/// All talkers of a world, and what is known of them.
#[derive(Default)]
pub struct Talk {
    all: Vec<Talker>,
    chance: Option<Chance>,
    book: Book,
    /// By the id that they were given.
    of: BTreeMap<ProcessId, usize>,
    ring: ring::Ring,
    rounds: Rounds,
    /// Those that were told of a living one that it is over, while two led: by who leads without a
    /// majority, and gives up what it does not hear.
    misled: BTreeSet<(ProcessId, ProcessId)>,
    /// From then on they only receive what is left.
    until: u64,
}
