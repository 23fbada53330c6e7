//! What the front end and the receivers of a copy say to each other: orders before the contents as
//! control records, reports as one line of JSON each. Data only. Called by `receive.rs`,
//! `hosts.rs` and `agree.rs`.

use serde::{Deserialize, Serialize};

/// From the front end, to all receivers alike.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// These ranks make a file of this name where they are about to write.
    Mark(Vec<(u32, String)>),
    /// These ranks look for a file of this name; the others say nothing.
    Look(Vec<(String, Vec<u32>)>),
    /// The contents follow; these ranks need none of it.
    Begin { idle: Vec<u32> },
}

/// From a receiver.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Report {
    /// Receivers with equal keys may have the same place.
    Ready(String),
    Marked,
    Seen(bool),
    Done(Done),
    /// What it lacks: `posse_data::answer`.
    Answer(String),
    /// What it did to a path.
    Item(Item),
}

/// What happened to one path, or would.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    pub path: String,
    pub change: Change,
}

#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// A file has new content.
    Send,
    /// A directory was made.
    Make,
    /// A symbolic link was made.
    Link,
    /// Mode or time were set.
    Touch,
    Delete,
}

/// What a host has received.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub entries: u64,
    /// Of all files that were listed.
    pub size: u64,
    /// Of content that was sent to it.
    pub bytes: u64,
    pub checksum: String,
    /// Files that it has written.
    #[serde(default)]
    pub written: u64,
    /// What it has removed.
    #[serde(default)]
    pub deleted: u64,
}

impl Change {
    /// A word of one length.
    pub fn word(self) -> &'static str {
        match self {
            Change::Send => "send  ",
            Change::Make => "make  ",
            Change::Link => "link  ",
            Change::Touch => "touch ",
            Change::Delete => "delete",
        }
    }
}

impl Order {
    pub fn encode(&self) -> Vec<u8> {
        // Writing to memory has no failing case for this type.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Done {
    /// Whether both are about the same contents.
    pub fn is_of(&self, other: &Done) -> bool {
        (self.entries, self.size, self.bytes, &self.checksum)
            == (other.entries, other.size, other.bytes, &other.checksum)
    }
}

impl From<posse_data::Totals> for Done {
    fn from(totals: posse_data::Totals) -> Done {
        let checksum = totals.digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let (entries, size, bytes) = (totals.entries, totals.size, totals.bytes);
        Done { entries, size, bytes, checksum, written: 0, deleted: 0 }
    }
}
