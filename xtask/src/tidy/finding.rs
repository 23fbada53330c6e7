//! What a check is and what it says: the two types that every check file uses.

use super::tree::Tree;

/// One rule of the house.
pub struct Check {
    /// Names it in `tidy-allow.txt` and behind each finding.
    pub name: &'static str,
    pub why: &'static str,
    /// What to do about a finding.
    pub fix: &'static str,
    pub run: fn(&Tree) -> Vec<Finding>,
}

/// One place that breaks a rule.
#[derive(Debug)]
pub struct Finding {
    pub path: String,
    /// From 1; 1 for the file as a whole.
    pub line: usize,
    pub what: String,
}

impl Finding {
    pub fn new(path: &str, line: usize, what: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line, what: what.into() }
    }
}

/// For the checks' own tests: run one over sample files and give `path:line` of each finding.
#[cfg(test)]
pub fn places(check: &Check, files: &[(&str, &str)]) -> Vec<String> {
    let findings = (check.run)(&Tree::sample(files));
    findings.iter().map(|f| format!("{}:{}", f.path, f.line)).collect()
}
