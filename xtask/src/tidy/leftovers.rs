//! No note to oneself is left in the code: what is missing is an issue, or is said in the docs.
//!
//! Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::{Source, has_word};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "leftovers",
    why: "a note in the code is read by nobody who can act on it",
    fix: "do it, or open an issue and remove the note",
    run,
};

const NOTES: [&str; 3] = ["TODO", "FIXME", "XXX"];
const MACROS: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];

fn run(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(look).collect()
}

fn look(source: &Source) -> Vec<Finding> {
    let mut found = vec![];
    let mut search = |lines: &[String], words: &[&str]| {
        for (n, line) in lines.iter().enumerate() {
            if let Some(word) = words.iter().find(|word| has_word(line, word)) {
                found.push(Finding::new(&source.path, n + 1, format!("has {word}")));
            }
        }
    };
    if source.is_rust() {
        search(&source.comments, &NOTES);
        search(&source.code, &MACROS);
    } else if !source.path.ends_with(".md") {
        search(&source.lines, &NOTES);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn notes_are_found_in_comments_and_macros_in_code() {
        let text = "// TODO b\nfn a() {\n    f(\"TODO\");\n    todo!()\n}\n// dbg! is a macro\n";
        let files = [("crates/a/src/a.rs", text), ("a.sh", "# FIXME\nmktemp a.XXXXXX\n")];
        let want = ["crates/a/src/a.rs:1", "crates/a/src/a.rs:4", "a.sh:1"];
        assert_eq!(places(&CHECK, &files), want);
    }
}
