//! One text file as the checks see it: its lines, and for Rust which of them are code, comments
//! and tests.
//!
//! Called by `tree.rs`, which makes one for each file, and read by the checks.

use super::lexer::{self, is_word};

pub struct Source {
    /// Relative to the root, with slashes.
    pub path: String,
    pub lines: Vec<String>,
    /// Rust only; same length as `lines`, blanked where it is not code.
    pub code: Vec<String>,
    /// Rust only; same length as `lines`, blanked where it is no comment.
    pub comments: Vec<String>,
    /// Same length as `lines`: does it belong to a test?
    pub test: Vec<bool>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let lines = match lines.split_last() {
            Some((last, rest)) if last.is_empty() => rest.to_vec(),
            _ => lines,
        };
        let (mut code, mut comments) = (vec![], vec![]);
        if path.ends_with(".rs") {
            let split = lexer::split(text);
            (code, comments) = (split.code, split.comments);
            code.resize(lines.len(), String::new());
            comments.resize(lines.len(), String::new());
        }
        let test = if is_test_path(path) {
            vec![true; lines.len()]
        } else {
            test_lines(&code, lines.len())
        };
        Source { path: path.to_owned(), lines, code, comments, test }
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Files that hold nothing but tests, or what tests stand on.
    pub fn is_test_file(&self) -> bool {
        is_test_path(&self.path)
    }

    /// The folder of the crate under `crates/` whose `src` holds this file.
    pub fn crate_name(&self) -> Option<&str> {
        let (name, below) = self.path.strip_prefix("crates/")?.split_once('/')?;
        below.starts_with("src/").then_some(name)
    }

    /// Code lines that are no test, numbered from 1.
    pub fn product_code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.iter().zip(&self.test).enumerate();
        lines.filter(|(_, (_, test))| !**test).map(|(n, (line, _))| (n + 1, line.as_str()))
    }

    /// All code lines, numbered from 1.
    pub fn all_code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.iter().enumerate().map(|(n, line)| (n + 1, line.as_str()))
    }

    /// The line (from 0) where the block that opens at or after `from` closes. A `;` before any
    /// brace means that there is no block: that line, then.
    pub fn block_end(&self, from: usize) -> usize {
        block_end(&self.code, from)
    }
}

fn is_test_path(path: &str) -> bool {
    let outside = ["tests/", "benches/", "fuzz/"].iter().any(|folder| path.starts_with(folder));
    let mut parts = path.trim_end_matches(".rs").split('/');
    let is_test =
        |part: &str| part == "tests" || part.ends_with("_test") || part.ends_with("_tests");
    outside || parts.any(is_test)
}

fn test_lines(code: &[String], count: usize) -> Vec<bool> {
    let mut test = vec![false; count];
    let mut at = 0;
    while at < code.len() {
        let line = code[at].trim();
        if line.starts_with("#![cfg(test)]") {
            return vec![true; count];
        }
        if line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test") {
            let end = block_end(code, at);
            test[at..=end].fill(true);
            at = end;
        }
        at += 1;
    }
    test
}

fn block_end(code: &[String], from: usize) -> usize {
    let (mut depth, mut round) = (0usize, 0usize);
    for (n, line) in code.iter().enumerate().skip(from) {
        for c in line.chars() {
            match c {
                '(' | '[' => round += 1,
                ')' | ']' => round = round.saturating_sub(1),
                '{' => depth += 1,
                '}' if depth <= 1 => return n,
                '}' => depth -= 1,
                ';' if depth == 0 && round == 0 => return n,
                _ => {}
            }
        }
    }
    code.len().saturating_sub(1)
}

/// Does `needle` stand in the line as words of its own? `fork(` is not in `unfork(`.
pub fn has_word(line: &str, needle: &str) -> bool {
    let starts = needle.starts_with(is_word);
    let ends = needle.ends_with(is_word);
    line.match_indices(needle).any(|(at, found)| {
        let before = line[..at].chars().next_back();
        let after = line[at + found.len()..].chars().next();
        !(starts && before.is_some_and(is_word) || ends && after.is_some_and(is_word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_path_and_by_attribute() {
        assert!(Source::new("tests/bed/src/lib.rs", "fn a() {}\n").test[0]);
        assert!(Source::new("crates/wire/src/frame_test.rs", "fn a() {}\n").test[0]);
        assert!(Source::new("crates/net/src/shells_tests/run.rs", "fn a() {}\n").test[0]);
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { {} }\n}\nfn c() {}\n";
        let source = Source::new("crates/wire/src/frame.rs", text);
        assert_eq!(source.test, [false, true, true, true, true, false]);
        let declared = Source::new("crates/a/src/lib.rs", "#[cfg(test)]\nmod x_test;\nfn c() {}\n");
        assert_eq!(declared.test, [true, true, false]);
    }

    #[test]
    fn words_have_borders() {
        assert!(has_word("a fork()", "fork("));
        assert!(!has_word("a unfork()", "fork("));
        assert!(!has_word("println!()", "print!"));
        assert!(!has_word("rand_core::x", "rand"));
        assert!(has_word("use rand::x", "rand"));
    }

    #[test]
    fn crates_are_known_by_folder() {
        let source = Source::new("crates/net/src/link/mod.rs", "");
        assert_eq!(source.crate_name(), Some("net"));
        assert_eq!(Source::new("crates/net/tests/a.rs", "").crate_name(), None);
    }
}
