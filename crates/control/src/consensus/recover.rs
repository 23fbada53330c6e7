//! How a control state begins: founded by the first host of a vm, or recovered on a follower
//! whose voters are gone for good, as a new epoch. Called by the daemon on a person's word.

use super::node::Stored;
use super::types::{Hard, Matter, Membership, SnapshotMeta, VoterId};
use crate::state::{Proposal, State};

/// A vm of one host. To be written to disk before it is used.
pub fn founded(me: VoterId) -> Stored {
    let members = Membership::of_one(me);
    let mut state = State::default();
    (state.epoch, state.index, state.members) = (1, 1, members.clone());
    let meta = SnapshotMeta { epoch: 1, index: 1, term: 1, members };
    let hard = Hard { term: 1, vote: None, commit: 1 };
    Stored { meta, state, hard, entries: vec![] }
}

/// What this host has becomes the state of a new epoch, with itself as the only voter. All
/// entries it was sent count: they were the leader's, who may have said yes to them. What the old
/// leader did later is not known here; when it is heard again it is refused and can tell.
/// To be written to disk before it is used.
pub fn recover(stored: Stored, me: VoterId) -> Stored {
    let Stored { meta, mut state, hard, entries } = stored;
    let (mut index, mut term) = (meta.index, meta.term);
    for entry in entries {
        if let Matter::Command(bytes) = &entry.matter
            && let Ok(proposal) = Proposal::decode(bytes)
        {
            state.apply(entry.index, proposal, &mut vec![]);
        }
        (index, term) = (entry.index, entry.term);
    }
    let members = Membership::of_one(me);
    state.epoch += 1;
    state.index = index + 1;
    state.members = members.clone();
    let term = hard.term.max(term) + 1;
    let meta = SnapshotMeta { epoch: state.epoch, index: index + 1, term, members };
    let hard = Hard { term, vote: Some(me), commit: index + 1 };
    Stored { meta, state, hard, entries: vec![] }
}
