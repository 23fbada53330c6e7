//! What is looked up, and what is found. Answered from a state that is known to hold all that was
//! done before: see `Readable`. Called by the daemon.

use super::{Name, Owner, State};
use posse_wire::limits;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Question {
    Name(String),
    /// Those that begin so, behind this one; as many as fit in an answer.
    Names {
        prefix: String,
        behind: Option<String>,
    },
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct NameRow {
    pub name: String,
    pub value: Vec<u8>,
    pub owner: Owner,
    pub version: u64,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Name(Option<NameRow>),
    /// In order; `more` where the next question may find others behind the last.
    Names {
        rows: Vec<NameRow>,
        more: bool,
    },
}

fn row(name: &str, found: &Name) -> NameRow {
    let (owner, version) = (found.owner, found.version);
    NameRow { name: name.to_owned(), value: found.value.to_vec(), owner, version }
}

impl State {
    pub fn find(&self, question: &Question) -> Found {
        match question {
            Question::Name(name) => Found::Name(self.names.get(name).map(|found| row(name, found))),
            Question::Names { prefix, behind } => self.part(prefix, behind.as_deref()),
        }
    }

    fn part(&self, prefix: &str, behind: Option<&str>) -> Found {
        let (mut rows, mut bytes) = (vec![], 0);
        for (name, found) in self.names.with_prefix_behind(prefix, behind) {
            if bytes >= limits::NAMES_PART_BYTES {
                return Found::Names { rows, more: true };
            }
            bytes += name.len() + found.value.len() + 32;
            rows.push(row(name, found));
        }
        Found::Names { rows, more: false }
    }
}
