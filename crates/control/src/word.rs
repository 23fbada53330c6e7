//! The body of a `Control` frame between daemons: what voters say to each other, and questions of a
//! daemon to the one that leads with their answers. Encoded in postcard; checked when it comes.

use crate::consensus::{PeerMessage, Refused, VoterId};
use crate::state::{Answer, Found, Proposal, Question};
use posse_wire::{WireError, decode_value, encode_value, limits};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Word {
    Voter(Box<PeerMessage>),
    /// Do this, or look this up. The token is the asker's.
    Ask {
        token: u64,
        ask: Ask,
    },
    /// This log of the sender's host is no more, or was never; another is or would be there now.
    NotHere {
        voter: VoterId,
        now: VoterId,
    },
    /// Of one that leads: this one is no member.
    LeftOut {
        voter: VoterId,
        epoch: u32,
    },
    Said {
        token: u64,
        said: Result<Said, Refused>,
    },
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    Change(Proposal),
    Question(Question),
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Answer(Answer),
    Found(Found),
}

impl Word {
    pub fn encode(&self) -> Vec<u8> {
        encode_value(self)
    }

    /// The length is checked before anything is made of it.
    pub fn decode(bytes: &[u8]) -> Result<Word, WireError> {
        let (got, max) = (bytes.len() as u64, limits::CONTROL_BODY_BYTES_MAX as u64);
        if got > max {
            return Err(WireError::TooLong { got, max });
        }
        let word: Word = decode_value(bytes)?;
        match &word {
            Word::Voter(message) => message.check()?,
            Word::Ask { ask: Ask::Change(proposal), .. } => proposal.command.check()?,
            Word::Ask { .. } | Word::Said { .. } => {}
            Word::NotHere { .. } | Word::LeftOut { .. } => {}
        }
        Ok(word)
    }
}
