//! `xtask/tidy-allow.txt`: what is excused, each with its reason. A line is
//! `CHECK PATH reason`; an entry that excuses nothing any more is itself a finding.
//!
//! Called by `report.rs` after all checks have run.

use super::finding::{Check, Finding};
use super::tree::Tree;

const FILE: &str = "xtask/tidy-allow.txt";

/// Speaks for the list itself; it has nothing to run.
pub const CHECK: Check = Check {
    name: "allow",
    why: "an excuse needs a reason and something to excuse",
    fix: "remove the entry, or write `CHECK PATH reason`",
    run: |_| vec![],
};

pub struct Allowed {
    entries: Vec<Entry>,
}

struct Entry {
    line: usize,
    check: String,
    path: String,
    has_reason: bool,
    used: bool,
}

impl Allowed {
    pub fn read(tree: &Tree) -> Allowed {
        let lines = tree.file(FILE).map(|file| file.lines.as_slice()).unwrap_or_default();
        let mut entries = vec![];
        for (number, line) in lines.iter().enumerate() {
            let mut words = line.split_whitespace();
            let (Some(check), path) = (words.next(), words.next()) else { continue };
            if check.starts_with('#') {
                continue;
            }
            entries.push(Entry {
                line: number + 1,
                check: check.to_owned(),
                path: path.unwrap_or_default().to_owned(),
                has_reason: words.next().is_some(),
                used: false,
            });
        }
        Allowed { entries }
    }

    pub fn excuses(&mut self, check: &str, path: &str) -> bool {
        let mut entries = self.entries.iter_mut();
        let entry = entries.find(|e| e.check == check && e.path == path && e.has_reason);
        entry.map(|entry| entry.used = true).is_some()
    }

    pub fn unused(&self) -> Vec<Finding> {
        let unused = self.entries.iter().filter(|entry| !entry.used);
        let what = |e: &Entry| match e.has_reason {
            true => format!("'{} {}' excuses nothing", e.check, e.path),
            false => format!("'{} {}' has no reason", e.check, e.path),
        };
        unused.map(|entry| Finding::new(FILE, entry.line, what(entry))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_excuse_and_are_missed() {
        let text = "# head\n\nsleeps a.rs it polls\nprints b.rs\nforks c.rs why\n";
        let mut allowed = Allowed::read(&Tree::sample(&[(FILE, text)]));
        assert!(allowed.excuses("sleeps", "a.rs"));
        assert!(!allowed.excuses("sleeps", "b.rs"));
        assert!(!allowed.excuses("prints", "b.rs"), "an entry without a reason counts for nothing");
        let lines: Vec<usize> = allowed.unused().iter().map(|f| f.line).collect();
        assert_eq!(lines, [4, 5]);
    }
}
