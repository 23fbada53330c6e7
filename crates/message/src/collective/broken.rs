//! A group that can not go on: a member is down, or takes part in something else. Every collective
//! has a part of every member, so none that is running or is begun later can end well: all of
//! them end with the same error, at every survivor that is not done.
//!
//! Who learns of a death by itself tells all members; who is told tells those with whom it has
//! something left to do, so that the news goes on if the teller dies too. Called by `group`.

use std::collections::BTreeSet;

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;

/// Why a group can not go on.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
pub enum Broken {
    /// Of the members that are down, the one that was known first. If several die at once, other
    /// survivors may name another one.
    #[error("member {0} of the group is down")]
    Down(usize),
    /// It called another collective than others, or gave other lengths.
    #[error("member {0} of the group takes part in something else")]
    Garbled(usize),
}

impl Broken {
    /// As it is told to other members: a byte for the cause, and the rank (u32, little-endian).
    pub fn note(self) -> Bytes {
        let (cause, rank) = match self {
            Broken::Down(rank) => (0, rank),
            Broken::Garbled(rank) => (1, rank),
        };
        let mut note = BytesMut::with_capacity(5);
        note.put_u8(cause);
        note.put_u32_le(rank as u32);
        note.freeze()
    }

    /// What another member has told. `None` if it is nothing about a member of such a group.
    pub fn from_note(note: &[u8], size: usize) -> Option<Broken> {
        let (cause, rank) = note.split_first()?;
        let rank = u32::from_le_bytes(rank.try_into().ok()?) as usize;
        match cause {
            0 if rank < size => Some(Broken::Down(rank)),
            1 if rank < size => Some(Broken::Garbled(rank)),
            _ => None,
        }
    }

    /// Of these, those whom member `me` is to tell: not itself, nor who is down.
    pub(super) fn to_tell(
        self,
        members: impl IntoIterator<Item = usize>,
        me: usize,
    ) -> BTreeSet<usize> {
        let is_down = |member| self == Broken::Down(member);
        members.into_iter().filter(|member| *member != me && !is_down(*member)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_comes_back_and_garbage_does_not() {
        for broken in [Broken::Down(3), Broken::Garbled(0)] {
            assert_eq!(Broken::from_note(&broken.note(), 4), Some(broken));
        }
        assert_eq!(Broken::from_note(&Broken::Down(4).note(), 4), None);
        assert_eq!(Broken::from_note(b"\x02\0\0\0\0", 4), None);
        assert_eq!(Broken::from_note(b"", 4), None);
    }

    #[test]
    fn all_are_told_but_the_dead_and_oneself() {
        assert_eq!(Broken::Down(1).to_tell(0..4, 2), BTreeSet::from([0, 3]));
        assert_eq!(Broken::Garbled(1).to_tell([1, 1, 2], 2), BTreeSet::from([1]));
    }
}
