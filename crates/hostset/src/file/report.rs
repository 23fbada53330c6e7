//! Collecting the hosts and errors of a file, both bounded. Called by the formats.

use std::collections::BTreeMap;
use std::fmt;

use super::{Format, HostFile, Login};
use crate::item::HostItem;
use crate::limits::{MAX_HOSTS, MAX_REPORTED};
use crate::name::{HostName, excerpt};

/// A line that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// From 1.
    pub line: usize,
    /// What stands there, shortened and with control characters made visible.
    pub text: String,
    pub reason: String,
}

#[derive(Default)]
pub(super) struct Collector {
    items: Vec<HostItem>,
    places: BTreeMap<HostName, usize>,
    named: usize,
    logins: Vec<Login>,
    errors: Vec<LineError>,
    error_count: usize,
}

impl Collector {
    pub fn fail(&mut self, line: usize, text: &str, reason: String) {
        self.error_count += 1;
        if self.errors.len() < MAX_REPORTED {
            self.errors.push(LineError { line, text: excerpt(text.trim()), reason });
        }
    }

    /// Adds the hosts of one line; a host named before takes over what is said now.
    pub fn add(&mut self, items: Vec<HostItem>) -> Result<(), String> {
        self.add_with(items, |known, item| known.update(item))
    }

    pub fn add_with(
        &mut self,
        items: Vec<HostItem>,
        again: impl Fn(&mut HostItem, HostItem),
    ) -> Result<(), String> {
        if self.named.saturating_add(items.len()) > MAX_HOSTS {
            return Err(format!("more than {MAX_HOSTS} hosts in one file, which is the limit"));
        }
        self.named += items.len();
        for item in items {
            match self.places.get(&item.name) {
                Some(&at) => again(&mut self.items[at], item),
                None => {
                    self.places.insert(item.name.clone(), self.items.len());
                    self.items.push(item);
                }
            }
        }
        Ok(())
    }

    pub fn login(&mut self, login: Login) -> Result<(), String> {
        if self.logins.len() == MAX_HOSTS {
            return Err(format!("more than {MAX_HOSTS} `use` lines, which is the limit"));
        }
        self.logins.push(login);
        Ok(())
    }

    pub fn finish(self, format: Format) -> HostFile {
        let Collector { items, logins, errors, error_count, .. } = self;
        HostFile { format, items, logins, errors, error_count }
    }
}

impl HostFile {
    /// The errors as text, one a line, or the empty text.
    pub fn report(&self) -> String {
        let mut lines: Vec<String> = self.errors.iter().map(LineError::to_string).collect();
        let more = self.error_count - self.errors.len();
        if more > 0 {
            let format = self.format;
            lines.push(format!("and {more} more bad lines; is this a {format} host file?"));
        }
        lines.join("\n")
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.text, self.reason)
    }
}
