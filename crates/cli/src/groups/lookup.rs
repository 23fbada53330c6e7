//! All groups that the user's configuration has, each looked up once. Called by the vm's
//! connection (`run`) and by `known`.

use super::source;
use crate::config::Groups;
use crate::error::Error;
use crate::tell;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// All groups that the user's configuration has, each looked up once.
#[derive(Default)]
pub struct Lookup {
    own: OnceLock<Groups>,
    /// By source and name: an expression is walked more than once.
    answers: Mutex<BTreeMap<(String, String), Option<String>>>,
}

impl Lookup {
    /// The groups of the groups file; a broken one has been complained of and has none.
    pub fn own(&self) -> &Groups {
        self.own.get_or_init(|| Groups::load().unwrap_or_else(|error| complain(&error)))
    }

    fn of_source(&self, source: &str, name: &str) -> Option<String> {
        let key = (source.to_owned(), name.to_owned());
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = answers.get(&key) {
            return known.clone();
        }
        let answer = source::lookup(source, name).unwrap_or_else(|error| complain(&error));
        answers.insert(key, answer.clone());
        answer
    }
}

impl posse::Groups for Lookup {
    fn group(&self, source: Option<&str>, name: &str) -> Option<String> {
        match source {
            None => self.own().get(name).map(str::to_owned),
            Some(source) => self.of_source(source, name),
        }
    }
}

/// The grammar then says that there is no such group; this says why.
fn complain<T: Default>(error: &Error) -> T {
    tell::note(&error.text);
    if let Some(hint) = &error.hint {
        tell::note(&format!("  hint: {hint}"));
    }
    T::default()
}
