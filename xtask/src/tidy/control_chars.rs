//! No invisible character in a text of ours: what is read is what is there.
//!
//! Called by `mod.rs`. Test data that needs them is data, not text, or writes them escaped.

use super::finding::{Check, Finding};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "control-chars",
    why: "an invisible character makes a text mean what nobody reads",
    fix: "remove it, or write it as an escape",
    run,
};

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in &tree.files {
        let may_tab = !source.is_rust() && !source.path.ends_with(".md");
        for (n, line) in source.lines.iter().enumerate() {
            let bad = line.chars().find(|c| is_hidden(*c) && !(*c == '\t' && may_tab));
            if let Some(c) = bad {
                let what = format!("has the character U+{:04X}", u32::from(c));
                found.push(Finding::new(&source.path, n + 1, what));
            }
        }
    }
    found
}

/// Control characters, bytes that were no UTF-8, and what turns or hides text.
fn is_hidden(c: char) -> bool {
    let hides = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffd}');
    c.is_control() || hides
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn hidden_characters_are_found() {
        let text = "a\r\nb\n\u{1b}[0m\nc\td\ne \u{202e} f\n";
        let want = ["a.rs:1", "a.rs:3", "a.rs:4", "a.rs:5"];
        assert_eq!(places(&CHECK, &[("a.rs", text)]), want);
        assert!(places(&CHECK, &[("a.py", "if a:\n\tb\n")]).is_empty());
    }
}
