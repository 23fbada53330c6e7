//! No function is longer than a screen.
//!
//! Goes by `fn` and braces. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::{Source, has_word};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "function-length",
    why: "a function fits a screen: 70 lines at most",
    fix: "name a part of it and move it out",
    run,
};

const LINES: usize = 70;

fn run(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(look).collect()
}

fn look(source: &Source) -> Vec<Finding> {
    let mut found = vec![];
    for (number, code) in source.all_code() {
        let Some(name) = function_name(code) else { continue };
        let lines = source.block_end(number - 1) + 2 - number;
        if lines > LINES {
            let what = format!("fn {name} has {lines} lines");
            found.push(Finding::new(&source.path, number, what));
        }
    }
    found
}

/// The name in `pub async fn name(..`; none for `fn(u8) -> u8`, which is a type.
fn function_name(code: &str) -> Option<&str> {
    if !has_word(code, "fn") {
        return None;
    }
    let (_, rest) = code.split_once("fn ")?;
    let end = rest.find(['(', '<'])?;
    (end > 0).then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn long_functions_are_found() {
        let body = "    b();\n".repeat(69);
        let text = format!("type T = fn(u8);\nfn a(x: [u8; 4]) {{\n{body}}}\nfn c() {{\n{body}");
        assert_eq!(places(&CHECK, &[("crates/a/src/a.rs", &text)]), ["crates/a/src/a.rs:2"]);
    }

    #[test]
    fn a_declaration_has_no_body() {
        let text = format!("trait T {{\n    fn a(&self);\n{}}}\n", "    // b\n".repeat(80));
        assert!(places(&CHECK, &[("crates/a/src/a.rs", &text)]).is_empty());
    }
}
