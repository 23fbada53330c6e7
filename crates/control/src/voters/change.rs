//! A change of members: one step, or several at once by way of both majorities.

use crate::consensus::{Membership, VoterId};
use posse_wire::limits;
use serde::{Deserialize, Serialize};

#[derive(Copy, Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub enum Step {
    /// Holds the state, does not vote (any more).
    Follow(VoterId),
    Vote(VoterId),
    Leave(VoterId),
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Change(pub Vec<Step>);

impl Change {
    /// Leaves at least one voter and not too many, and does something for each host once.
    pub fn is_sound(&self, members: &Membership) -> bool {
        let (mut voters, mut learners) = (members.voters.clone(), members.learners.clone());
        let mut named = vec![];
        for step in &self.0 {
            let (Step::Follow(id) | Step::Vote(id) | Step::Leave(id)) = step;
            if named.contains(id) {
                return false;
            }
            named.push(*id);
            voters.retain(|other| other != id);
            learners.retain(|other| other != id);
            match step {
                Step::Follow(id) => learners.push(*id),
                Step::Vote(id) => voters.push(*id),
                Step::Leave(_) => {}
            }
        }
        let fits = voters.len() <= limits::VOTERS_MAX && learners.len() <= limits::LEARNERS_MAX;
        !self.0.is_empty() && !voters.is_empty() && fits
    }
}
