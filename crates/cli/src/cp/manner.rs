//! How a receiver is to write, and the words that start one on a host: JSON in one argument, typed
//! by a front end alone. Data only.

use serde::{Deserialize, Serialize};
use std::ffi::OsString;

/// How a receiver writes. `posse cp` has none of these but `preserve`; `posse sync` says them all.
#[derive(Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(default)]
pub struct Manner {
    /// The target is a directory, made where it lacks; what stands in the way of something else is
    /// removed, and unfinished files are kept for the next time.
    pub mirror: bool,
    /// Modes and times as at the source.
    pub preserve: bool,
    /// A file of the same size and time is the same.
    pub quick: bool,
    /// What is not at the source is removed.
    pub delete: bool,
    /// Nothing is written.
    pub dry: bool,
    /// Each change is reported.
    pub itemize: bool,
    /// Patterns of names that are neither sent nor removed.
    pub exclude: Vec<String>,
}

/// What `posse receive` and `posse send` are started with.
#[derive(Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(default)]
pub struct Words {
    /// Where to; or what.
    pub paths: Vec<String>,
    /// Directories with all that is in them.
    pub recursive: bool,
    /// Several sources are to come.
    pub many: bool,
    /// The sender asks what is lacked, and waits for answers on its stdin.
    pub ask: bool,
    pub manner: Manner,
}

impl Words {
    pub fn encode(&self, word: &str) -> Vec<String> {
        // Writing to memory has no failing case for this type.
        vec![word.to_owned(), serde_json::to_string(self).unwrap_or_default()]
    }

    pub fn decode(mut args: impl Iterator<Item = OsString>) -> Result<Words, String> {
        let word = args.next().unwrap_or_default();
        serde_json::from_str(&word.to_string_lossy())
            .map_err(|_| "is started by `posse cp` and `posse sync`".to_owned())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        let manner = Manner { delete: true, exclude: vec!["*.o".into()], ..Manner::default() };
        let words = Words { many: true, paths: vec!["-x \n".into()], manner, ..Words::default() };
        let encoded = words.encode("send");
        assert_eq!(Words::decode(encoded.into_iter().skip(1).map(OsString::from)), Ok(words));
        assert!(Words::decode(std::iter::empty()).is_err());
    }
}
