//! No file is so long that one has to search in it.
//!
//! Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "file-length",
    why: "a file holds one idea: 600 lines at most, 900 for tests",
    fix: "split it by idea, not by length",
    run,
};

const CODE_LINES: usize = 600;
const TEST_LINES: usize = 900;

fn run(tree: &Tree) -> Vec<Finding> {
    let code = tree.files.iter().filter(|source| {
        [".rs", ".py", ".sh", ".c", ".h"].iter().any(|end| source.path.ends_with(end))
    });
    let long = code.filter(|source| {
        let most = if source.is_test_file() { TEST_LINES } else { CODE_LINES };
        source.lines.len() > most
    });
    long.map(|s| Finding::new(&s.path, 1, format!("{} lines", s.lines.len()))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn long_files_are_found_and_tests_have_more_room() {
        let text = "//! a\n".repeat(601);
        let files = [("crates/a/src/a.rs", text.as_str()), ("crates/a/tests/a.rs", text.as_str())];
        assert_eq!(places(&CHECK, &files), ["crates/a/src/a.rs:1"]);
    }
}
