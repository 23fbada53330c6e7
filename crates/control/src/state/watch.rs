//! Who waits for which names at this voter. Not replicated: a client whose voter is gone asks
//! another, with the version that it has seen, and misses nothing.
//!
//! Called by the daemon after each look-up that found nothing, and with each change.

use super::change::Change;
use super::names::Names;
use crate::limits;
use std::collections::BTreeMap;

/// Whoever asked; the daemon's number.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token(pub u64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watch {
    /// Told once, as soon as the name is there.
    WaitFor(String),
    /// Told of every change of names that begin so, until [`Watches::end`].
    Prefix(String),
}

/// Bounded by `WATCHES_MAX`; one more is refused.
#[derive(Debug, Default)]
pub struct Watches {
    waits: BTreeMap<String, Vec<Token>>,
    prefixes: BTreeMap<Token, String>,
    tokens: BTreeMap<Token, Option<String>>,
}

impl Watches {
    /// True if it stands; false if there are too many. A wait for a name that is there is not to
    /// be begun, but answered.
    pub fn begin(&mut self, token: Token, watch: Watch) -> bool {
        if self.tokens.len() >= limits::WATCHES_MAX {
            return false;
        }
        self.end(token);
        match watch {
            Watch::WaitFor(name) => {
                self.waits.entry(name.clone()).or_default().push(token);
                self.tokens.insert(token, Some(name));
            }
            Watch::Prefix(prefix) => {
                self.prefixes.insert(token, prefix);
                self.tokens.insert(token, None);
            }
        }
        true
    }

    pub fn end(&mut self, token: Token) {
        self.prefixes.remove(&token);
        if let Some(Some(name)) = self.tokens.remove(&token)
            && let Some(waiting) = self.waits.get_mut(&name)
        {
            waiting.retain(|other| *other != token);
            if waiting.is_empty() {
                self.waits.remove(&name);
            }
        }
    }

    /// Who is to be told of this.
    pub fn told(&mut self, change: &Change) -> Vec<Token> {
        let Change::Name { name, version } = change else { return vec![] };
        let watching = self.prefixes.iter().filter(|(_, prefix)| name.starts_with(*prefix));
        let mut told: Vec<Token> = watching.map(|(token, _)| *token).collect();
        if version.is_some() {
            let waited = self.waits.remove(name).unwrap_or_default();
            waited.iter().for_each(|token| {
                self.tokens.remove(token);
            });
            told.extend(waited);
        }
        told
    }

    /// The state was replaced as a whole: waits whose name is there now are over.
    pub fn replaced(&mut self, names: &Names) -> Vec<Token> {
        let there: Vec<String> =
            self.waits.keys().filter(|name| names.get(name).is_some()).cloned().collect();
        let change = |name| Change::Name { name, version: Some(0) };
        let mut told: Vec<Token> = there.into_iter().flat_map(|n| self.told(&change(n))).collect();
        told.extend(self.prefixes.keys());
        told.sort_unstable();
        told.dedup();
        told
    }
}
