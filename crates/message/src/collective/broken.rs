//! A group of which a member is down. Every collective takes part of every member, so none that
//! is running or is begun later can end well: all of them end with the same error, at every
//! survivor. Who learns of the death from its daemon tells all members; who is told tells those
//! with whom it has something left to do, so that the news goes on if the teller dies too. The
//! note is a message of the group's own scope with the tag `BROKEN`, for which each member has a
//! standing receive. Called by faces, one for each group.

use std::collections::BTreeSet;

use bytes::Bytes;
use thiserror::Error;

/// What is known of a group's end.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("member {dead} of the group is down")]
pub struct Broken {
    /// Of the members that are down, the one that was known first here. Another survivor may name
    /// another one, if several are.
    pub dead: usize,
    told: BTreeSet<usize>,
}

impl Broken {
    /// This member learnt of the death by itself.
    pub fn known(dead: usize) -> Broken {
        Broken { dead, told: BTreeSet::from([dead]) }
    }

    /// A note of another member has come. `None` if it is none of this group.
    pub fn noted(from: usize, note: &[u8], size: usize) -> Option<Broken> {
        let dead = u32::from_le_bytes(note.try_into().ok()?) as usize;
        let is_one = dead < size && dead != from;
        is_one.then(|| Broken { dead, told: BTreeSet::from([dead, from]) })
    }

    /// What is sent to those who are to be told.
    pub fn note(&self) -> Bytes {
        Bytes::copy_from_slice(&(self.dead as u32).to_le_bytes())
    }

    /// Of these members, those whom this one has not told and who have not told it. They are told
    /// now.
    pub fn tell(&mut self, members: impl IntoIterator<Item = usize>, me: usize) -> Vec<usize> {
        let new = members.into_iter().filter(|member| *member != me);
        new.filter(|member| self.told.insert(*member)).collect()
    }
}
