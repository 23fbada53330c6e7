//! Why a change or a question was not taken, or not confirmed.

use super::types::VoterId;
use posse_wire::{Outcome, WireError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

#[derive(Debug, Error, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refused {
    #[error("host {} leads", leader.host)]
    NotLeader { leader: VoterId },
    #[error("no majority of the voters is reached{}", said(last_leader))]
    NoMajority { last_leader: Option<VoterId>, was_proposed: bool },
    #[error("a new leader took over before a majority had confirmed it")]
    Replaced { is_certain: bool },
    #[error("the vm was recovered elsewhere (epoch {epoch}); this part of it is over")]
    OldEpoch { epoch: u32 },
    #[error("too much waits for a majority already")]
    Busy,
    #[error("the disk of the leader takes nothing more")]
    Disk,
    #[error("it is over a limit: {0}")]
    Limit(String),
    #[error("this host holds a damaged copy of the control state")]
    Damaged,
}

fn said(last_leader: &Option<VoterId>) -> String {
    last_leader.map_or_else(String::new, |id| format!("; the last leader was host {}", id.host))
}

impl From<WireError> for Refused {
    fn from(error: WireError) -> Refused {
        Refused::Limit(error.to_string())
    }
}

impl Refused {
    pub fn outcome(&self) -> Outcome {
        match self {
            Refused::NoMajority { was_proposed: true, .. }
            | Refused::Replaced { is_certain: false } => Outcome::Unknown,
            _ => Outcome::NotDone,
        }
    }
}
