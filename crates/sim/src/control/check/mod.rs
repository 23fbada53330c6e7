//! What must hold in a world of voters, one property a file. What has to be remembered for it is
//! in the [`Ledger`].

pub mod durable;
pub mod epochs;
pub mod equal;
pub mod heals;
pub mod holders;
pub mod kept;
pub mod leaders;
pub mod linear;
pub mod lives;
pub mod votes;
pub mod waits;

use super::history::History;
use super::world::World;
use posse_control::consensus::VoterId;
use posse_control::state::Owner;
use std::collections::{BTreeMap, BTreeSet};

/// What checks remember.
#[derive(Debug, Default)]
pub struct Ledger {
    pub leaders: BTreeMap<(u32, u64), VoterId>,
    pub digests: BTreeMap<(u32, u64), (u64, usize)>,
    pub votes: BTreeMap<(VoterId, u64), VoterId>,
    pub seen: BTreeMap<usize, u64>,
    /// Owner of a name, as applied at a host.
    pub holders: BTreeMap<(usize, String), Owner>,
    /// Names that their owners have given up, or tried to.
    pub unregistered: BTreeSet<(String, Owner)>,
    pub history: History,
    /// What was durable on a disk that is gone.
    pub lost: BTreeMap<VoterId, u64>,
    pub fenced: BTreeSet<usize>,
    pub epoch: u32,
}

impl Ledger {
    pub fn elections(&self) -> u64 {
        self.leaders.len() as u64
    }
}

pub fn now_and_then(world: &mut World) {
    waits::every_question_is_answered(world);
}

pub fn at_the_end(world: &mut World) {
    world.write_down_the_unfinished();
    world.write_down_what_is_asked();
    heals::all_agree(world);
    epochs::the_old_one_is_fenced(world);
    durable::what_was_counted_is_there(world);
    linear::every_name_has_an_order(world);
    lives::writes_go_on_soon(world);
}
