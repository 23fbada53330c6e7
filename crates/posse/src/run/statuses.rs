//! How all processes of a command ended.

use crate::{Rank, Status};
use std::time::Duration;

/// How one process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub rank: Rank,
    pub status: Status,
    /// From start to end on its host.
    pub elapsed: Duration,
}

/// One [`Ended`] per process, in the order of ranks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statuses {
    all: Vec<Ended>,
}

impl Statuses {
    pub(crate) fn new(mut all: Vec<Ended>) -> Statuses {
        all.sort_by_key(|ended| ended.rank);
        Statuses { all }
    }

    /// Whether every process exited with 0.
    pub fn success(&self) -> bool {
        self.all.iter().all(|ended| ended.status == Status::Exited(0))
    }

    /// The largest status, as a shell counts them; see [`Status::code`].
    pub fn code(&self) -> u8 {
        self.all.iter().map(|ended| ended.status.code()).max().unwrap_or(0)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Ended> {
        self.all.iter()
    }

    pub fn as_slice(&self) -> &[Ended] {
        &self.all
    }
}

impl<'a> IntoIterator for &'a Statuses {
    type Item = &'a Ended;
    type IntoIter = std::slice::Iter<'a, Ended>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
