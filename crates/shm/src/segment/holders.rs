//! Who still needs an extent: its owner, and readers by number.
//!
//! Kept by the owner alone. A reader's word is checked against what it was given: it can give back
//! its own references and nobody else's, once each. Called by `owner`.

use crate::limits::READERS_MAX;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

/// A receiver, as its sender numbers them.
pub type Reader = u64;

/// What somebody asked of an extent that it can not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// No such extent, or not any more.
    NoExtent { id: u64 },
    /// This reader holds no reference to it.
    NotHeld { id: u64, reader: Reader },
    /// An extent has no room for so many readers.
    Readers { id: u64 },
    /// The owner has given up its own reference already.
    LetGo { id: u64 },
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misuse::NoExtent { id } => write!(f, "there is no extent {id}"),
            Misuse::NotHeld { id, reader } => {
                write!(f, "reader {reader} does not hold extent {id}")
            }
            Misuse::Readers { id } => {
                write!(f, "extent {id} can not have more than {READERS_MAX} readers")
            }
            Misuse::LetGo { id } => write!(f, "extent {id} is its owner's no longer"),
        }
    }
}

impl Error for Misuse {}

/// The references to one extent.
#[derive(Debug)]
pub(super) struct Holders {
    id: u64,
    owner: bool,
    readers: BTreeMap<Reader, u32>,
}

impl Holders {
    /// Held by its owner.
    pub fn new(id: u64) -> Holders {
        Holders { id, owner: true, readers: BTreeMap::new() }
    }

    pub fn is_free(&self) -> bool {
        !self.owner && self.readers.is_empty()
    }

    /// Only as long as the owner holds it may it be written and given to readers.
    pub fn is_owned(&self) -> bool {
        self.owner
    }

    /// One more reference for this reader.
    pub fn add(&mut self, reader: Reader) -> Result<(), Misuse> {
        if !self.owner {
            return Err(Misuse::LetGo { id: self.id });
        }
        let full = self.readers.len() >= READERS_MAX && !self.readers.contains_key(&reader);
        let count = self.readers.get(&reader).copied().unwrap_or(0);
        let next = count.checked_add(1).filter(|_| !full).ok_or(Misuse::Readers { id: self.id })?;
        self.readers.insert(reader, next);
        Ok(())
    }

    /// One less.
    pub fn release(&mut self, reader: Reader) -> Result<(), Misuse> {
        let missing = Misuse::NotHeld { id: self.id, reader };
        let count = self.readers.get_mut(&reader).ok_or(missing)?;
        *count -= 1;
        if *count == 0 {
            self.readers.remove(&reader);
        }
        Ok(())
    }

    pub fn let_go(&mut self) {
        self.owner = false;
    }

    /// The reader is dead: all its references are over. Had it any?
    pub fn gone(&mut self, reader: Reader) -> bool {
        self.readers.remove(&reader).is_some()
    }
}
