//! A `mod.rs` is a table of contents, not a place for code.
//!
//! Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "mod-length",
    why: "a mod.rs is a table of contents: 60 lines at most",
    fix: "move the code to a file that is named for it",
    run,
};

const LINES: usize = 60;

fn run(tree: &Tree) -> Vec<Finding> {
    let long = tree.rust().filter(|s| s.path.ends_with("/mod.rs") && s.lines.len() > LINES);
    long.map(|s| Finding::new(&s.path, 1, format!("{} lines", s.lines.len()))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn only_a_long_mod_is_found() {
        let text = "mod a;\n".repeat(61);
        let files = [("crates/a/src/b/mod.rs", text.as_str()), ("crates/a/src/lib.rs", &text)];
        assert_eq!(places(&CHECK, &files), ["crates/a/src/b/mod.rs:1"]);
    }
}
