//! Only `cli` and `dash` print: a library that writes to a terminal spoils somebody's output.
//!
//! Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::has_word;
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "prints",
    why: "only cli and dash print",
    fix: "return it, or hand it to the caller as an event",
    run,
};

const MAY: [&str; 2] = ["cli", "dash"];

const MACROS: [&str; 4] = ["println!", "eprintln!", "print!", "eprint!"];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in tree.rust_but(&MAY) {
        for (line, code) in source.product_code() {
            if let Some(name) = MACROS.iter().find(|name| has_word(code, name)) {
                found.push(Finding::new(&source.path, line, format!("calls {name}")));
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
    fn printing_is_found_outside_cli() {
        let text = "//! println! is not ours\nfn a() {\n    eprintln!(\"x\");\n}\n";
        let files = [("crates/posse/src/a.rs", text), ("crates/cli/src/a.rs", text)];
        assert_eq!(places(&CHECK, &files), ["crates/posse/src/a.rs:3"]);
    }
}
