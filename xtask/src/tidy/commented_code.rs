//! No code sleeps in a comment: git remembers what was.
//!
//! Goes by the end of the line and a look at what stands before it, since a sentence may end in a
//! semicolon too. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "commented-code",
    why: "code in a comment is neither built nor read",
    fix: "remove it; git remembers",
    run,
};

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in tree.rust() {
        for (n, comment) in source.comments.iter().enumerate() {
            let text = comment.trim().strip_prefix("// ");
            if text.is_some_and(|text| is_code(text.trim())) {
                found.push(Finding::new(&source.path, n + 1, "has code in a comment"));
            }
        }
    }
    found
}

fn is_code(text: &str) -> bool {
    let starts = ["let ", "use ", "fn ", "pub ", "return ", "match ", "impl ", "mod ", "} else"];
    let call = text.rfind('(').is_some_and(|at| !text[..at].ends_with([' ', ',']) && at > 0);
    match text.chars().next_back() {
        Some('{') => true,
        Some(';') => {
            starts.iter().any(|start| text.starts_with(start))
                || text.contains(" = ")
                || (call && (text.ends_with(");") || text.ends_with(")?;")))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn code_is_found_and_sentences_are_not() {
        let text = "// let a = b;\n// if a.is_empty() {\n// self.close(now)?;\n\
                    // It waits (as said above);\n// so it goes;\nlet a = \"// x();\";\n\
                    /// let shown = 1;\n";
        let want = ["a/src/a.rs:1", "a/src/a.rs:2", "a/src/a.rs:3"];
        assert_eq!(places(&CHECK, &[("a/src/a.rs", text)]), want);
    }
}
