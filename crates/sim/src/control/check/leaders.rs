//! One leader a term.

use super::Ledger;
use crate::check::Held;
use posse_control::consensus::VoterId;

pub fn one_a_term(ledger: &mut Ledger, epoch: u32, term: u64, leader: VoterId) -> Held {
    let first = *ledger.leaders.entry((epoch, term)).or_insert(leader);
    if first == leader {
        return Ok(());
    }
    Err(format!("term {term} of epoch {epoch} has the leaders {first} and {leader}"))
}
