//! What is known of remote work that did not end normally (design, "outcome").

use serde::{Deserialize, Serialize};
use std::fmt;

/// Said with every remote error, so that a caller knows whether repeating is safe.
#[derive(Copy, Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub enum Outcome {
    /// It ran to its end; only the report of it failed.
    Done,
    /// It did not start; repeating is safe.
    NotDone,
    /// It may have run, wholly or in part.
    Unknown,
}

impl Outcome {
    pub fn is_retryable(self) -> bool {
        self == Outcome::NotDone
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Done => "it ran",
            Outcome::NotDone => "it did not run",
            Outcome::Unknown => "it may have run",
        })
    }
}
