//! What went wrong with single files, while the others go on. Called by `sender/`, `receiver/`.

use super::limits::FAULTS_NAMED;
use crate::output::visible;

/// The first ones in words, and how many there were.
#[derive(Debug, Default)]
pub struct Faults {
    named: Vec<String>,
    count: u64,
}

impl Faults {
    pub fn add(&mut self, text: impl Into<String>) {
        self.count += 1;
        if self.named.len() < FAULTS_NAMED {
            self.named.push(text.into());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// One line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.named.iter().map(|text| one_line(text)).collect();
        let more = self.count - self.named.len() as u64;
        if more > 0 {
            lines.push(format!("... and {more} more like these"));
        }
        lines
    }
}

/// File names hold anything, newlines as well.
fn one_line(text: &str) -> String {
    visible(text.as_bytes()).replace('\n', "^J")
}
