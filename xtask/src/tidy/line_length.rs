//! No line of code runs out of a half-screen window.
//!
//! Called by `mod.rs`. Prose (Markdown) and manifests wrap where they like.

use super::finding::{Check, Finding};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "line-length",
    why: "a line has 100 columns at most",
    fix: "break it; a string breaks with a backslash",
    run,
};

const COLUMNS: usize = 100;

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in &tree.files {
        let is_prose = [".md", ".toml", ".html"].iter().any(|end| source.path.ends_with(end));
        // What another program said is as wide as it said it.
        let is_recorded = source.path.contains("/expected/");
        if is_prose || is_recorded {
            continue;
        }
        for (n, line) in source.lines.iter().enumerate() {
            let columns = line.chars().count();
            // An address can not be broken.
            if columns > COLUMNS && !line.contains("://") {
                found.push(Finding::new(&source.path, n + 1, format!("{columns} columns")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn columns_are_characters() {
        let text =
            format!("{}\n{}\n// see a://{}\n", "é".repeat(100), "e".repeat(101), "e".repeat(99));
        assert_eq!(places(&CHECK, &[("crates/a/src/a.rs", &text)]), ["crates/a/src/a.rs:2"]);
        assert!(places(&CHECK, &[("docs/a.md", &text)]).is_empty());
    }
}
