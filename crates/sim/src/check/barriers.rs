//! Barriers of the board: none is passed by fewer than those who wait for each other, no two
//! members have one number, and who is a member stays one while it lives.

use super::Held;
use posse_wire::msg::Heard;
use std::collections::{BTreeMap, BTreeSet};

/// Who has asked for each round of a group, at any time.
#[derive(Debug, Default)]
pub struct Rounds(BTreeMap<u64, BTreeSet<usize>>);

impl Rounds {
    pub fn asked(&mut self, round: u64, by: usize) {
        self.0.entry(round).or_default().insert(by);
    }
}

/// A member passed this round; `heard` is what it was told when its wait began, if it had to wait.
pub fn passed(rounds: &Rounds, round: u64, heard: Option<Heard>) -> Held {
    let asked = rounds.0.get(&round).map_or(0, BTreeSet::len);
    let count = heard.filter(|heard| heard.round + 1 == round).map_or(1, |heard| heard.count);
    if asked >= count as usize {
        return Ok(());
    }
    Err(format!("round {round} was passed by {asked}, and {count} were waited for"))
}

/// It has this number; `taken` are those of the others who live and are members.
pub fn numbered(instance: u32, mut taken: impl Iterator<Item = u32>) -> Held {
    match taken.any(|other| other == instance) {
        true => Err(format!("number {instance} was given out twice")),
        false => Ok(()),
    }
}
