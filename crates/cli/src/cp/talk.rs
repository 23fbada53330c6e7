//! What the front end and the receivers of a copy say to each other: orders before the contents as
//! control records, reports as one line of JSON each. Data only. Called by `receive.rs`,
//! `hosts.rs` and `spread.rs`.

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
}

/// What a host has received.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub entries: u64,
    pub bytes: u64,
    pub checksum: String,
}

impl Order {
    pub fn encode(&self) -> Vec<u8> {
        // Writing to memory has no failing case for this type.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl From<super::record::Totals> for Done {
    fn from(totals: super::record::Totals) -> Done {
        let checksum = blake3::Hash::from(totals.digest).to_hex().to_string();
        Done { entries: totals.entries, bytes: totals.bytes, checksum }
    }
}
