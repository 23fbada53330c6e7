//! Every file opens with what it is for, what not, and who calls it.
//!
//! Sees that a comment is there, not that it is true. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::Source;
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "head-comment",
    why: "a reader must know within ten lines whether this is the file",
    fix: "open with a comment: what it is for, what it is not for, who calls it",
    run,
};

/// Too short to say anything: `//! wire`.
const LEAST: usize = 20;

fn run(tree: &Tree) -> Vec<Finding> {
    let missing = tree.files.iter().filter(|source| has_head(source) == Some(false));
    missing.map(|source| Finding::new(&source.path, 1, "has no head comment")).collect()
}

/// None where a head comment is not asked for.
fn has_head(source: &Source) -> Option<bool> {
    let starts: &[&str] = match source.path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("rs") => &["//! "],
        Some("py") => &["# ", "\"\"\""],
        Some("sh") => &["# "],
        // A header may be Fortran's.
        Some("c" | "h") => &["/* ", "// ", "! "],
        _ => return None,
    };
    let mut lines = source.lines.iter().skip_while(|line| line.starts_with("#!/"));
    let first = lines.next().map_or("", |line| line.as_str());
    Some(starts.iter().any(|start| first.starts_with(start)) && first.len() >= LEAST)
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn heads_are_asked_of_code() {
        let files = [
            ("a/src/a.rs", "//! Reads the thing. Called by b.\n"),
            ("a/src/b.rs", "use a::b;\n"),
            ("a/src/c.rs", "//! wire\n"),
            ("examples/a.sh", "#!/bin/sh\n# Searches a tree of files.\n"),
            ("examples/b.sh", "#!/bin/sh\nset -eu\n"),
            ("docs/a.md", "text\n"),
        ];
        assert_eq!(places(&CHECK, &files), ["a/src/b.rs:1", "a/src/c.rs:1", "examples/b.sh:1"]);
    }
}
